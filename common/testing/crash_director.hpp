#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "explore/crash_points.hpp"
#include "explore/durable.hpp"
#include "shm/child.hpp"
#include "testing/belongings.hpp"
#include "testing/crash.hpp"
#include "testing/shared.hpp"

namespace judge::detail {

/// Runs a crash sweep in the calling process, a subject: forks victims and survivors. What it finds, it says in plain
/// data for the judge.
class CrashDirector {
 public:
  explicit CrashDirector(const Crash& crash);
  [[nodiscard]] nlohmann::json run();

 private:
  /// One way in which it may go.
  struct Course {
    explore::Death victim{};
    explore::Death survivor{};       ///< point 0: it lives, and no second one follows
    std::vector<bool> pages_kept{};  ///< after a power cut; empty: there was none
  };
  enum class Ending : std::uint8_t { kWell, kDied, kNotContent, kThrew, kKilled, kHung, kLeft, kLittered };

  /// What outlives processes.
  struct ThingsLeft {
    std::set<std::string> names = object_names();  // in /dev/shm
    Segments segments = detail::segments();
  };

  bool sweep_victims();
  bool sweep_survivors(const Course& course);
  bool sweep_power_cuts(const Course& course);
  bool is_survived(const Course& course);
  [[nodiscard]] std::vector<explore::Death> deaths_of_last();

  Ending go_through(const Course& course, bool tells);
  void sweep_up() const;
  bool is_littered();
  Ending live(const std::function<void()>& body, explore::Death death, std::uint8_t process, bool tells);
  void prepare();
  [[nodiscard]] bool is_durable_in_part() const;
  [[nodiscard]] std::string durable_contents() const;
  void note_pages_at_risk();
  void cut_power(const std::vector<bool>& pages_kept);

  void tell(const Course& course);
  [[nodiscard]] nlohmann::json steps_told(const std::vector<bool>& pages_kept) const;
  [[nodiscard]] std::string what_happened(Ending ending, const std::string& who) const;

  const Crash& crash_;
  ThingsLeft before_;    // the sweep
  ThingsLeft prepared_;  // before the victim begins
  Shared<explore::CrashLog> log_;
  std::unique_ptr<Shared<explore::DurableImage>> durable_;
  std::vector<std::size_t> pages_at_risk_;  // that differ from their durable image
  int signal_ = 0;                          // that ended the last process
  std::string litter_;                      // what the last one has left
  std::uint8_t last_process_ = 0;
  std::uint64_t deaths_ = 0;
  bool complete_ = true;
  nlohmann::json story_;
};

}  // namespace judge::detail
