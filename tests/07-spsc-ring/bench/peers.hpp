#pragma once

#include <readerwriterqueue/readerwriterqueue.h>

#include <array>
#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "spsc_ring.hpp"
#include "testing/bench/shared_memory.hpp"

/// The rings that run side by side, all behind one interface: push, pop, push_many, pop_many. Every one holds kCapacity
/// items.
namespace bench {

inline constexpr std::size_t kCapacity = 1024;

/// Batches for a ring that has none: item by item.
template <typename Ring, typename T>
class ItemByItem {
 public:
  std::size_t push_many(std::span<const T> items) {
    std::size_t count = 0;
    while (count < items.size() && static_cast<Ring*>(this)->push(items[count])) ++count;
    return count;
  }
  std::size_t pop_many(std::span<T> items) {
    std::size_t count = 0;
    while (count < items.size() && static_cast<Ring*>(this)->pop(items[count])) ++count;
    return count;
  }
};

/// The lab's.
template <typename T>
class Ours {
 public:
  static constexpr const char* kName = "lab::SpscRing";
  bool push(const T& item) { return ring_.try_push(item); }
  bool pop(T& item) { return ring_.try_pop(item); }
  std::size_t push_many(std::span<const T> items) { return ring_.push_many(items); }
  std::size_t pop_many(std::span<T> items) { return ring_.pop_many(items); }

 private:
  shm::Mapping memory_{anonymous_shared(lab::SpscRing<T>::bytes_for(kCapacity))};
  lab::SpscRing<T>& ring_{lab::SpscRing<T>::create(memory_.bytes(), kCapacity)};
};

template <typename T>
class Boost {
 public:
  static constexpr const char* kName = "boost::lockfree";
  bool push(const T& item) { return queue_.push(item); }
  bool pop(T& item) { return queue_.pop(item); }
  std::size_t push_many(std::span<const T> items) { return queue_.push(items.data(), items.size()); }
  std::size_t pop_many(std::span<T> items) { return queue_.pop(items.data(), items.size()); }

 private:
  boost::lockfree::spsc_queue<T, boost::lockfree::capacity<kCapacity>> queue_;
};

template <typename T>
class Moodycamel : public ItemByItem<Moodycamel<T>, T> {
 public:
  static constexpr const char* kName = "moodycamel";
  bool push(const T& item) { return queue_.try_enqueue(item); }
  bool pop(T& item) { return queue_.try_dequeue(item); }

 private:
  moodycamel::ReaderWriterQueue<T> queue_{kCapacity};
};

/// As tutorials have it: both positions side by side, each looked at every time, one slot given up.
template <typename T>
class Textbook : public ItemByItem<Textbook<T>, T> {
 public:
  static constexpr const char* kName = "textbook";
  bool push(const T& item) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    const std::size_t next = (tail + 1) % kSlots;
    if (next == head_.load(std::memory_order_acquire)) return false;
    slots_[tail] = item;
    tail_.store(next, std::memory_order_release);
    return true;
  }
  bool pop(T& item) {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load(std::memory_order_acquire)) return false;
    item = slots_[head];
    head_.store((head + 1) % kSlots, std::memory_order_release);
    return true;
  }

 private:
  static constexpr std::size_t kSlots = kCapacity + 1;
  std::atomic<std::size_t> head_{0};
  std::atomic<std::size_t> tail_{0};
  std::array<T, kSlots> slots_;
};

/// Not a ring: one word on a line of its own, written by one side and awaited by the other. The least that any message
/// costs.
class BareLine {
 public:
  static constexpr const char* kName = "bare cache line";
  bool push(const lab::Small& item) {
    word_.store(item.words[0] + 1, std::memory_order_release);
    return true;
  }
  bool pop(lab::Small& item) {
    const std::uint64_t seen = word_.load(std::memory_order_acquire);
    if (seen == last_) return false;
    last_ = seen;
    item.words[0] = seen - 1;
    return true;
  }

 private:
  alignas(128) std::atomic<std::uint64_t> word_{0};
  alignas(128) std::uint64_t last_ = 0;
};

}  // namespace bench
