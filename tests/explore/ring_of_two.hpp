#pragma once

#include <atomic>
#include <cstdint>

#include "explore/scenario.hpp"

/// The textbook ring between one producer and one consumer, and what it is often written with.
namespace ring_of_two {

enum class Mistake {
  kNone,
  kRelaxedPublish,
  kRelaxedLook,
  kRelaxedGiveBack,
  kOneTooMany,
  kEarlyPublish,
};

template <Mistake mistake>
class Ring {
 public:
  bool push(long item) {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    const std::uint64_t room = mistake == Mistake::kOneTooMany ? 3 : 2;
    const auto look = mistake == Mistake::kRelaxedGiveBack ? std::memory_order_relaxed : std::memory_order_acquire;
    if (tail - head_.load(look) == room) return false;
    if (mistake == Mistake::kEarlyPublish) tail_.store(tail + 1, std::memory_order_release);
    slots_[tail % 2] = item;
    if (mistake != Mistake::kEarlyPublish) {
      tail_.store(tail + 1,
                  mistake == Mistake::kRelaxedPublish ? std::memory_order_relaxed : std::memory_order_release);
    }
    return true;
  }
  bool pop(long& item) {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    if (tail_.load(mistake == Mistake::kRelaxedLook ? std::memory_order_relaxed : std::memory_order_acquire) == head)
      return false;
    item = slots_[head % 2];
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

 private:
  std::atomic<std::uint64_t> head_{0};
  std::atomic<std::uint64_t> tail_{0};
  long slots_[2] = {};
};

/// Two threads, three items, room for two.
template <Mistake mistake>
void three_items(explore::Scenario& s) {
  auto& ring = s.make<Ring<mistake>>();
  s.thread("producer", [&] {
    for (long item = 1; item <= 3; ++item) {
      while (!ring.push(item)) {
      }
    }
  });
  s.thread("consumer", [&] {
    for (long expected = 1; expected <= 3; ++expected) {
      long item = 0;
      while (!ring.pop(item)) {
      }
      explore::require(item == expected, "items come in order");
    }
  });
}

}  // namespace ring_of_two
