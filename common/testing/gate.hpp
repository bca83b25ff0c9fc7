#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "testing/shared.hpp"

/// Gates: calls of the C library that every suite is linked with under `-Wl,--wrap`, so that a test can make one fail
/// or hold a process there until another is where it should be. That makes races and rare errors happen every time. The
/// calls are listed in gate_calls.inc. Everything here acts on the calling process alone.
namespace judge::gate {

/// From now on the `nth` next call of `call` (1: the very next) fails with `error` instead of being made; later ones
/// are made again. Calls that return an error number (posix_fallocate, pthread_*) return it, others set errno.
/// @throws std::invalid_argument for a call that is not wrapped
void fail(std::string_view call, int error, int nth = 1);

/// Like fail, but every call from the `nth` next on fails.
void fail_always(std::string_view call, int error, int nth = 1);

/// What may be called in more than one way: the next call of each fails, or from now on every call of each.
using Calls = std::initializer_list<std::string_view>;
inline void fail_once(Calls calls, int error) {
  for (const std::string_view call : calls) fail(call, error);
}
inline void fail_all(Calls calls, int error) {
  for (const std::string_view call : calls) fail_always(call, error);
}

/// How often this process has made the call since its start (a subject starts at 0).
[[nodiscard]] int calls(std::string_view call);

/// Forgets what was planned and counted: a subject begins so, whatever the judge did before.
void forget();

enum class When { kBefore, kAfter };

/// A place where one process stops and others decide when it goes on. Make it in the judge, before the subjects start.
class Gate {
 public:
  /// Stops at the `nth` call (1: the first) of any of `calls` that is made after arming, before or after the call
  /// itself.
  Gate(Calls calls, When when, int nth = 1);

  /// While this lives, the calling process stops at the gate, once. When it is destroyed, whoever waits is told that
  /// the process will not come any more.
  class Armed {
   public:
    explicit Armed(Gate& gate);
    Armed(const Armed&) = delete;
    Armed& operator=(const Armed&) = delete;
    ~Armed();

   private:
    Gate& gate_;
  };
  [[nodiscard]] Armed arm() { return Armed{*this}; }

  /// Waits until the process stands at the gate: true; or will not come (it is past, never made such a call, or waits
  /// elsewhere for longer than patience(5 s)): false. A correct solution need not make the call, so carry on in both
  /// cases.
  bool await_arrival();

  /// Lets it go on. May be called before it arrives.
  void open();

 private:
  friend struct Hook;
  enum State : std::uint32_t { kFar, kStanding, kGone };
  Shared<std::atomic<std::uint32_t>> state_;
  Shared<std::atomic<std::uint32_t>> opened_;
  std::uint64_t calls_ = 0;  // a bit for each line of gate_calls.inc
  When when_;
  int nth_;
};

}  // namespace judge::gate
