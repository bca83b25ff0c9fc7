#pragma once

#include <signal.h>

#include <chrono>

#include "errors.hpp"
#include "shm/unique_fd.hpp"

/// How grading is called off. Everything that waits also watches one descriptor, so nothing is ended by a signal
/// halfway: in the grader's main process it is a signalfd; in a worker it is the lifeline, a pipe that ends when the
/// main process is gone.
namespace grading {

/// From now on SIGINT, SIGTERM and SIGHUP are read where we wait instead of ending the process. One at a time.
class InterruptGuard {
 public:
  InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  ~InterruptGuard();

 private:
  sigset_t before_{};
  shm::UniqueFd signals_;
};

/// The descriptor that becomes readable when we are called off; -1 (which poll(2) skips) when nothing can call us off.
[[nodiscard]] int cancel_fd() noexcept;

/// For a worker: watch this one instead.
void set_cancel_fd(int fd) noexcept;

/// Call when cancel_fd() is readable. @throws Interrupted with the signal that came
[[noreturn]] void throw_interrupted();

/// Waits for so long. @throws Interrupted
void pause_or_cancel(std::chrono::milliseconds time);

/// Gives a process that is about to exec the signals that a fresh process expects. Safe after fork.
void restore_default_signals() noexcept;

}  // namespace grading
