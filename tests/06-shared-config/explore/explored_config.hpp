#pragma once

#include <chrono>
#include <cstddef>
#include <cstring>

#include "config_memory.hpp"
#include "testing/explored.hpp"

namespace config_explore {

using Clock = shm::Deadline::Clock;

/// Many orders, but not more than a second's work.
inline const explore::Effort kSome{.executions = 20'000};

/// Words of the settings in a scenario: the fewest that can be torn.
inline constexpr std::size_t kFew = 2;

/// Time stands still while anybody can go on, so nobody waits that long but one who is not woken (or whose time is said
/// to pass).
[[nodiscard]] inline shm::Deadline in_half_an_hour() { return shm::Deadline::after(std::chrono::minutes{30}); }

/// Version 1 in the memory of a scenario, which holds rubbish before.
template <typename Config>
[[nodiscard]] const Config& config_in(explore::Scenario& s) {
  const std::size_t size = Config::bytes_for(kFew);
  auto* const memory = static_cast<std::byte*>(explore::Scenario::allocate(size, shm::kCacheLine));
  std::memset(memory, 0xA5, size);
  return s.keep<Config>(Config::create({memory, size}, lab06::settings_of(1, kFew)));
}

/// When something was done that others wait for.
class Moment {
 public:
  void is_now() { at_ = Clock::now(); }
  /// To be asked by one who has waited for it: whether it had to be woken by the clock.
  [[nodiscard]] bool is_long_past() const { return Clock::now() > at_; }

 private:
  Clock::time_point at_ = Clock::time_point::max();
};

}  // namespace config_explore
