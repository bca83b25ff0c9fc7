#pragma once

#include "shm/deadline.hpp"

namespace judge {

/// When something was done that others wait for, in a scenario: there, time stands still while anybody can go on.
class Moment {
 public:
  void is_now() { at_ = Clock::now(); }
  /// To be asked by one who has waited for it: whether it had to be woken by the clock.
  [[nodiscard]] bool is_long_past() const { return Clock::now() > at_; }

 private:
  using Clock = shm::Deadline::Clock;
  Clock::time_point at_ = Clock::time_point::max();
};

}  // namespace judge
