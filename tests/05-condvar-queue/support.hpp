#pragma once

#include <sys/syscall.h>
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
#include "testing/memory.hpp"
#include "testing/rendezvous.hpp"
#include "testing/seed.hpp"
#include "testing/shared.hpp"
#include "testing/subject.hpp"
#include "testing/watched.hpp"

/// Shared by the suites that watch processes, and end them.
namespace lab05 {

/// Runs a subject that says `here()` and then waits for an item until the deadline.
[[nodiscard]] inline auto start_consumer(const judge::SharedMemory& memory, const judge::Watched& watched,
                                         shm::Deadline deadline) {
  return judge::start(
      [&memory, &watched, deadline] {
        const Peer peer{memory};
        watched.here();
        return pop(peer.queue, deadline);
      },
      {.name = "the consumer"});
}
/// The same, for room.
[[nodiscard]] inline auto start_producer(const judge::SharedMemory& memory, const judge::Watched& watched,
                                         std::uint64_t number, shm::Deadline deadline) {
  return judge::start(
      [&memory, &watched, number, deadline] {
        const Peer peer{memory};
        watched.here();
        return push(peer.queue, number, deadline);
      },
      {.name = "the producer"});
}

// The bare call: sched_yield is a gate, whose counter would put the threads in an order and hide a race from tsan.
inline void give_way() { ::syscall(SYS_sched_yield); }

/// Calls that lock, whichever way a solution is written.
inline const std::initializer_list<std::string_view> kLocking = {"pthread_mutex_lock", "pthread_mutex_trylock",
                                                                 "pthread_mutex_timedlock", "pthread_mutex_clocklock"};
/// Calls that wake.
inline const std::initializer_list<std::string_view> kWaking = {"pthread_cond_signal", "pthread_cond_broadcast"};

}  // namespace lab05
