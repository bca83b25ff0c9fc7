#pragma once

#include <cstddef>
#include <cstdint>

/// For the explorer alone: threads of a scenario are fibers, so that which one goes on is a choice of ours and costs
/// nanoseconds.
namespace explore::detail {

/// What belongs to a thread although no register holds it: the exceptions that are being handled, errno and the
/// program's own thread_local variables.
class ThreadState {
 public:
  /// As at the start of a thread.
  void reset();
  /// Puts away what the running code has, and takes out `next`'s.
  void exchange_for(const ThreadState& next);

  ThreadState();
  ThreadState(const ThreadState&) = delete;
  ThreadState& operator=(const ThreadState&) = delete;
  ~ThreadState();

 private:
  void* exceptions_[2] = {};
  int error_ = 0;
  unsigned char* locals_;
};

/// A stack and a place on it to go on from. Fibers of one operating system's thread; one runs at a time.
class Fiber {
 public:
  /// The code that runs now.
  Fiber();
  /// One that begins in `entry` when it is first switched to. `entry` may not return.
  explicit Fiber(void (*entry)());
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;
  ~Fiber();

  /// Begins anew, wherever it stood: nothing on its stack is destroyed.
  void restart();

  /// Goes on with `next`; returns when somebody switches back to this one, which must be the one that runs.
  void switch_to(Fiber& next);

  /// How often the process has switched from one to another, for whoever measures.
  [[nodiscard]] static std::uint64_t switches();

 private:
  void* stack_pointer_ = nullptr;
  std::byte* stack_ = nullptr;
  void (*entry_)() = nullptr;
  ThreadState state_;
};

}  // namespace explore::detail
