#pragma once

#include <cstdint>
#include <thread>
#include <vector>

#include "keep_trying.hpp"
#include "ring.hpp"
#include "ring_memory.hpp"

/// Lets two threads of this process hand `count` items over: ThreadSanitizer sees the order of memory only between
/// threads on one mapping. Nothing but the ring puts the two in an order: a lock, a barrier or any other atomic between
/// them would hide the race that a missing acquire or release leaves.
/// @param push  pushes items from a number on, but not more than are left; how many it pushed
/// @param pop   takes items and adds their numbers; whether there were any
/// @return the numbers that the consumer saw
template <typename T, typename Push, typename Pop>
[[nodiscard]] std::vector<std::uint64_t> hand_over(std::size_t capacity, std::uint64_t count, Push push, Pop pop) {
  PrivateRing<T> made{capacity};
  std::vector<std::uint64_t> seen;
  std::thread producer{[&] {
    for (std::uint64_t next = 0; next < count;) {
      std::uint64_t pushed = 0;
      if (!keep_trying([&] { return (pushed = push(made.ring, next, count - next)) != 0; })) return;
      next += pushed;
    }
  }};
  // Started by the one who started the producer and did not wait for it: so nothing that the producer did is known to
  // have happened before, even when it is long done.
  std::thread consumer{[&] {
    while (seen.size() < count) {
      if (!keep_trying([&] { return pop(made.ring, seen); })) return;
    }
  }};
  producer.join();
  consumer.join();
  return seen;
}
