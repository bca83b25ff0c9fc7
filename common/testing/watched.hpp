#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "testing/shared.hpp"

namespace judge {

/// A process that others watch from outside, without its help: make it in the judge, let the process say `here()`.
/// What cannot be awaited is looked for again and again, and not for ever: then the test goes on and finds out.
/// @see proc_pid_stat(5), proc_pid_status(5)
class Watched {
 public:
  void here() const { pid_->store(::getpid(), std::memory_order_release); }
  /// Waits until it has said so and then sleeps, in a call of the system, or has ended.
  void await_sleep() const;
  /// How often it has gone to sleep so far.
  [[nodiscard]] std::uint64_t sleeps() const;
  /// Waits until it has slept more often than `sleeps` times, and sleeps again.
  void await_sleep_after(std::uint64_t sleeps) const;
  /// Waits until it waits for a mutex that the first thread of `owner` holds: a futex of glibc's has the owner's number
  /// in it, and who waits tells the kernel what is in it. (proc_pid_syscall(5), futex(2))
  void await_lock_of(const Watched& owner) const;
  /// SIGKILL, if it has said `here()`.
  void kill() const;

 private:
  Shared<std::atomic<pid_t>> pid_;
};

}  // namespace judge
