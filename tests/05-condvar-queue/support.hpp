#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "queue_memory.hpp"
#include "testing/gate.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/rendezvous.hpp"
#include "testing/seed.hpp"
#include "testing/shared.hpp"
#include "testing/subject.hpp"

/// Shared by the suites that watch processes, and end them.
namespace lab05 {

/// A process that others watch from outside, without its help: make it in the judge, let it say `here()`.
class Watched {
 public:
  void here() const { pid_->store(::getpid(), std::memory_order_release); }
  /// Waits until it has said so and then sleeps, in a call of the system; not for ever.
  void await_sleep() const;
  /// How often it has gone to sleep so far.
  [[nodiscard]] std::uint64_t sleeps() const;
  /// Waits until it has slept, been awake, and sleeps again; not for ever.
  void await_sleep_after(std::uint64_t sleeps) const;
  void kill() const;

 private:
  judge::Shared<std::atomic<pid_t>> pid_;
};

/// Runs a subject that says `here()` and then waits for an item until the deadline.
[[nodiscard]] inline auto start_consumer(const SharedMemory& memory, const Watched& watched, shm::Deadline deadline) {
  return judge::start(
      [&memory, &watched, deadline] {
        const Peer peer{memory};
        watched.here();
        return pop(peer.queue, deadline);
      },
      {.name = "the consumer"});
}
/// The same, for room.
[[nodiscard]] inline auto start_producer(const SharedMemory& memory, const Watched& watched, std::uint64_t number,
                                         shm::Deadline deadline) {
  return judge::start(
      [&memory, &watched, number, deadline] {
        const Peer peer{memory};
        watched.here();
        return push(peer.queue, number, deadline);
      },
      {.name = "the producer"});
}

/// Calls that lock, whichever way a solution is written.
inline const std::initializer_list<std::string_view> kLocking = {"pthread_mutex_lock", "pthread_mutex_trylock",
                                                                 "pthread_mutex_timedlock", "pthread_mutex_clocklock"};
/// Calls that wake.
inline const std::initializer_list<std::string_view> kWaking = {"pthread_cond_signal", "pthread_cond_broadcast"};

/// `plenty` under a fast checker, less under a slow one.
[[nodiscard]] inline std::uint64_t as_many_as_suits(std::uint64_t plenty) {
  const auto scale = judge::patience(std::chrono::seconds{1}) / std::chrono::milliseconds{1};
  return plenty * 1000 / static_cast<std::uint64_t>(scale < 1000 ? 1000 : scale);
}

}  // namespace lab05
