#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "queue_memory.hpp"
#include "testing/explored.hpp"

namespace queue_explore {

using Clock = shm::Deadline::Clock;

/// Many orders, but not more than a second's work.
inline const explore::Effort kSome{.executions = 20'000};

/// Time stands still while anybody can go on, so nobody waits that long but one who is not woken (or whose time is said
/// to pass).
[[nodiscard]] inline shm::Deadline in_half_an_hour() { return shm::Deadline::after(std::chrono::minutes{30}); }

/// A queue in the memory of a scenario, which holds rubbish before; with the items 1, 2, ... already in it.
[[nodiscard]] inline lab::Queue& queue_in(explore::Scenario& s, std::size_t capacity, std::uint64_t filled = 0) {
  const std::size_t size = lab::bytes_for(capacity, sizeof(lab05::Item));
  auto* const memory = static_cast<std::byte*>(explore::Scenario::allocate(size, shm::kCacheLine));
  std::memset(memory, 0xA5, size);
  auto& queue = s.keep<lab::Queue>(lab::create({memory, size}, capacity, sizeof(lab05::Item)));
  for (std::uint64_t number = 1; number <= filled; ++number) {
    explore::require(lab05::try_push(queue, number) == number, "a queue that is not full takes an item");
  }
  return queue;
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

}  // namespace queue_explore
