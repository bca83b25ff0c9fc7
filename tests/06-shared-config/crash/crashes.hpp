#pragma once

#include <cstdint>

#include "config_memory.hpp"
#include "explore/scenario.hpp"
#include "testing/crash.hpp"
#include "testing/shared.hpp"

namespace config_crash {

/// What a sweep needs: version 1, made anew before each death, and a note of what its victim is sure to have done.
template <typename Config>
class Swept {
 public:
  void make_anew() {
    *done_ = 1;
    const auto mapping = memory_.map();
    static_cast<void>(Config::create(mapping.bytes(), lab06::settings_of(1)));
  }
  [[nodiscard]] lab06::Peer<Config> attach() const { return lab06::Peer<Config>{memory_}; }
  [[nodiscard]] const judge::SharedMemory& memory() const { return memory_; }

  /// A write of the victim's has returned.
  void done(std::uint64_t version) { *done_ = version; }
  /// The newest version that is sure to be there.
  [[nodiscard]] std::uint64_t so_far() const { return *done_; }

 private:
  judge::SharedMemory memory_;
  judge::Shared<std::uint64_t> done_;
};

[[nodiscard]] inline shm::Deadline in_a_moment() { return shm::Deadline::after(std::chrono::milliseconds{5}); }

}  // namespace config_crash
