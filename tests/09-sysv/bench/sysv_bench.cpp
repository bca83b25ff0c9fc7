// make bench LAB=09: the table that the submission has filled; the mailbox program over either interface, in turns, for
// the machine is never quiet and only ratios within a round count; and the ring of lab 07 over a segment.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "comparison.hpp"
#include "mailbox.hpp"
#include "ring_bench.hpp"
#include "segment.hpp"
#include "shm/deadline.hpp"
#include "shm/not_implemented.hpp"
#include "shm/unique_fd.hpp"
#include "testing/bench/two_cores.hpp"

namespace bench {
namespace {

constexpr int kRounds = 15;
constexpr std::chrono::seconds kTimeForAll{15};
constexpr std::uint64_t kLetters = 20'000;
constexpr std::uint64_t kItems = 200'000;

shm::Deadline far_away() { return shm::Deadline::after(std::chrono::minutes{10}); }

/// A file to make a key of, and a name; both go at the end, with what bears them.
class Meeting {
 public:
  Meeting() : name_{"/bench-" + std::to_string(::getpid())}, object_{name_ + "-object"} {
    shm::UniqueFd{::shm_open(name_.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600)};
  }
  Meeting(const Meeting&) = delete;
  Meeting& operator=(const Meeting&) = delete;
  ~Meeting() {
    ::shm_unlink(name_.c_str());
    ::shm_unlink(object_.c_str());
  }

  [[nodiscard]] lab::Place place() const { return lab::place_for("/dev/shm" + name_, 1); }
  [[nodiscard]] const std::string& object() const { return object_; }

 private:
  std::string name_;
  std::string object_;
};

/// Both sides open the mailbox themselves, as two processes would.
template <typename Way>
Run letters_by(const Way& way) {
  const auto memory = way.open(far_away());
  return on_two_cores([&] { lab::send_letters(way, "letter ", kLetters, far_away()); },
                      [&] { static_cast<void>(lab::receive_letters(way, "letter ", kLetters, far_away())); });
}

void run_mailbox(const Meeting& meeting) {
  const lab::ByPosix posix{meeting.object()};
  const lab::BySysv sysv{meeting.place()};
  std::vector<Run> by_posix;
  std::vector<Run> by_sysv;
  const auto deadline = shm::Deadline::after(kTimeForAll);
  for (int round = 0; round < kRounds && (round == 0 || !deadline.passed()); ++round) {
    by_posix.push_back(letters_by(posix));
    by_sysv.push_back(letters_by(sysv));
  }
  const auto per_second = [](const std::vector<Run>& runs) {
    return static_cast<double>(kLetters) / median_seconds(runs) / 1e6;
  };
  std::printf("\nThe mailbox program, medians of %zu rounds in which both took turns:\n", by_posix.size());
  std::printf("  POSIX    %6.2f million letters/s\n", per_second(by_posix));
  std::printf("  System V %6.2f million letters/s, %.2f times as many\n", per_second(by_sysv),
              median_speedup(by_sysv, by_posix));
}

void run_ring(const Meeting& meeting) {
  const auto bytes = bytes_for_ring();
  std::printf("\nYour ring of lab 07 over a segment: ");
  if (!bytes) {
    std::printf("not solved yet\n");
    return;
  }
  const lab::Place place = meeting.place();
  const lab::Contents contents{.type = 7, .bytes = *bytes};
  auto producers = lab::create(place, contents, 0600);
  lab::publish(producers);
  const auto consumers = lab::attach(place, contents, lab::Access::kReadWrite, far_away());
  lab::remove_once_shared(producers, 2, far_away());
  std::vector<double> seconds;
  for (int round = 0; round < kRounds; ++round) {
    const auto taken = ring_seconds(producers.payload(), consumers.payload(), kItems);
    if (!taken) {
      std::printf("not solved yet\n");
      return;
    }
    seconds.push_back(*taken);
  }
  std::printf("%.2f million items/s of 64 bytes\n", static_cast<double>(kItems) / median(seconds) / 1e6);
}

void run() {
  const Meeting meeting;
  std::printf("%s", lab::as_markdown(lab::compare(meeting.object(), meeting.place())).c_str());
  run_mailbox(meeting);
  run_ring(meeting);
}

}  // namespace
}  // namespace bench

int main() {
  try {
    bench::run();
  } catch (const shm::NotImplemented& unsolved) {
    std::printf("not solved yet: %s\n", std::string{unsolved.step()}.c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
  }
}
