#pragma once

#include <algorithm>
#include <chrono>
#include <ctime>

namespace shm {

/// A point in time on CLOCK_MONOTONIC by which something must have happened. A deadline, unlike a timeout, can be
/// handed from call to call without growing. std::chrono::steady_clock is CLOCK_MONOTONIC on Linux. Copyable,
/// thread-safe.
/// @see clock_gettime(2)
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  /// The deadline that lies `timeout` from now; zero or less has passed already.
  [[nodiscard]] static Deadline after(Clock::duration timeout) { return Deadline{Clock::now() + timeout}; }

  [[nodiscard]] bool passed() const { return Clock::now() >= at_; }

  /// Time left, never negative.
  [[nodiscard]] Clock::duration remaining() const { return std::max(at_ - Clock::now(), Clock::duration::zero()); }

  /// Milliseconds left, rounded up, for poll(2).
  [[nodiscard]] int remaining_ms() const {
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(remaining()).count());
  }

  /// The absolute CLOCK_MONOTONIC time, for pthread_mutex_clocklock and pthread_cond_clockwait.
  [[nodiscard]] timespec as_timespec() const {
    const auto since_boot = at_.time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
    return {.tv_sec = seconds.count(), .tv_nsec = std::chrono::nanoseconds{since_boot - seconds}.count()};
  }

 private:
  explicit Deadline(Clock::time_point at) : at_{at} {}

  Clock::time_point at_;
};

}  // namespace shm
