#pragma once

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <span>
#include <string>
#include <type_traits>

#include "ring.hpp"
#include "shm/cache_line.hpp"
#include "shm/deadline.hpp"
#include "shm/error.hpp"

namespace lab {

/// A ring between one producer and one consumer process. It lies itself at the start of the shared memory, its items
/// right behind it, and it holds no address. What each function promises is written at lab::Ring.
///
/// Positions run freely from 0 to 2^64 - 1 and around; the slot of a position is its low bits. So `tail - head` is the
/// number of items even across the turn, and a full ring differs from an empty one without a slot given up for it.
template <typename T>
class SpscRing {
  static_assert(std::is_trivially_copyable_v<T>, "an item crosses to another process as its bytes");
  static_assert(!std::is_pointer_v<T>, "an address means nothing in another process");
  static_assert(alignof(T) <= shm::kCacheLine, "the items begin at a cache line");
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "a lock would lie in one process, not in the ring");

 public:
  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;
  ~SpscRing() = default;

  [[nodiscard]] static std::size_t bytes_for(std::size_t capacity) {
    check_capacity("bytes_for", capacity);
    return sizeof(SpscRing) + capacity * sizeof(T);
  }

  [[nodiscard]] static SpscRing& create(std::span<std::byte> memory, std::size_t capacity, std::uint64_t first = 0) {
    check_capacity("create", capacity);
    check_memory("create", memory, sizeof(SpscRing) + capacity * sizeof(T));
    return *new (memory.data()) SpscRing{capacity, first};
  }

  [[nodiscard]] static SpscRing& attach(std::span<std::byte> memory) {
    check_memory("attach", memory, sizeof(SpscRing));
    auto& ring = *std::launder(reinterpret_cast<SpscRing*>(memory.data()));
    const std::uint64_t magic = ring.magic_.load(std::memory_order_acquire);
    if (magic != kMagic) refuse("attach", "magic number", magic);
    if (ring.item_size_ != sizeof(T)) refuse("attach", "item size", ring.item_size_);
    check_capacity("attach", ring.capacity_);
    check_memory("attach", memory, sizeof(SpscRing) + ring.capacity_ * sizeof(T));
    return ring;
  }

  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  [[nodiscard]] std::size_t size() const {
    // The head first: the tail that is read after it is never behind it.
    const std::uint64_t head = consumer_.head.load(std::memory_order_acquire);
    const std::uint64_t tail = producer_.tail.load(std::memory_order_acquire);
    return std::min<std::uint64_t>(tail - head, capacity_);
  }

  [[nodiscard]] bool try_push(const T& item) {
    const std::uint64_t tail = producer_.tail.load(std::memory_order_relaxed);
    if (free_slots(tail, 1) == 0) return false;
    std::memcpy(slot(tail, producer_.mask), &item, sizeof(T));
    producer_.tail.store(tail + 1, std::memory_order_release);
    return true;
  }

  [[nodiscard]] bool try_pop(T& item) {
    const std::uint64_t head = consumer_.head.load(std::memory_order_relaxed);
    if (items_ready(head, 1) == 0) return false;
    std::memcpy(static_cast<void*>(&item), slot(head, consumer_.mask), sizeof(T));
    consumer_.head.store(head + 1, std::memory_order_release);
    return true;
  }

  [[nodiscard]] std::size_t push_many(std::span<const T> items) {
    const std::uint64_t tail = producer_.tail.load(std::memory_order_relaxed);
    const std::size_t count = std::min<std::uint64_t>(items.size(), free_slots(tail, items.size()));
    if (count == 0) return 0;
    const std::size_t before_end = std::min<std::uint64_t>(count, capacity_ - (tail & producer_.mask));
    std::memcpy(slot(tail, producer_.mask), items.data(), before_end * sizeof(T));
    if (count > before_end) std::memcpy(slot(0, 0), items.data() + before_end, (count - before_end) * sizeof(T));
    producer_.tail.store(tail + count, std::memory_order_release);
    return count;
  }

  [[nodiscard]] std::size_t pop_many(std::span<T> items) {
    const std::uint64_t head = consumer_.head.load(std::memory_order_relaxed);
    const std::size_t count = std::min<std::uint64_t>(items.size(), items_ready(head, items.size()));
    if (count == 0) return 0;
    const std::size_t before_end = std::min<std::uint64_t>(count, capacity_ - (head & consumer_.mask));
    void* out = items.data();
    std::memcpy(out, slot(head, consumer_.mask), before_end * sizeof(T));
    if (count > before_end) {
      out = items.data() + before_end;
      std::memcpy(out, slot(0, 0), (count - before_end) * sizeof(T));
    }
    consumer_.head.store(head + count, std::memory_order_release);
    return count;
  }

  [[nodiscard]] T* claim() {
    const std::uint64_t tail = producer_.tail.load(std::memory_order_relaxed);
    if (free_slots(tail, 1) == 0) return nullptr;
    return item_at(slot(tail, producer_.mask));
  }

  void publish() {
    producer_.tail.store(producer_.tail.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  [[nodiscard]] const T* front() {
    const std::uint64_t head = consumer_.head.load(std::memory_order_relaxed);
    if (items_ready(head, 1) == 0) return nullptr;
    return item_at(slot(head, consumer_.mask));
  }

  void release() {
    consumer_.head.store(consumer_.head.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  void take_seat(Side side, shm::Deadline deadline) { seat_of(side).take(name_of(side), deadline); }

  void leave_seat(Side side) { seat_of(side).leave(name_of(side)); }

  [[nodiscard]] Wait push_until(const T& item, shm::Deadline deadline) {
    return wait_for([&] { return try_push(item); }, consumer_seat_, deadline);
  }

  [[nodiscard]] Wait pop_until(T& item, shm::Deadline deadline) {
    return wait_for([&] { return try_pop(item); }, producer_seat_, deadline);
  }

 private:
  /// Who works on one side: a robust mutex, held for as long as its owner sits. The kernel hands it on when the owner
  /// dies, however that happens, and no reused pid can be taken for the owner. The state is written under the mutex
  /// only.
  class Seat {
   public:
    Seat() {
      pthread_mutexattr_t attributes;
      check(::pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
      check(::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED), "pthread_mutexattr_setpshared");
      check(::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST), "pthread_mutexattr_setrobust");
      check(::pthread_mutex_init(&mutex_, &attributes), "pthread_mutex_init");
      ::pthread_mutexattr_destroy(&attributes);
    }

    void take(const char* name, shm::Deadline deadline) {
      // Not pthread_mutex_clocklock, which would sleep: ThreadSanitizer does not know it and would call our unlock a
      // mistake.
      int error = 0;
      for (int round = 0; (error = ::pthread_mutex_trylock(&mutex_)) == EBUSY; ++round) {
        if (deadline.passed()) shm::throw_error(EBUSY, "take_seat", name);
        rest(round);
      }
      if (error == EOWNERDEAD) {
        // Nothing to repair: a position changes by one store, after the items are whole.
        check(::pthread_mutex_consistent(&mutex_), "pthread_mutex_consistent");
      } else if (error != 0) {
        shm::throw_error(error, "take_seat", name);
      }
      state_.store(kTaken, std::memory_order_release);
    }

    void leave(const char* name) {
      // Whoever finds the state "taken" and the mutex free knows that we left.
      const int error = ::pthread_mutex_unlock(&mutex_);
      if (error != 0) shm::throw_error(error, "leave_seat", name);
    }

    /// Whether somebody sat here and does not any more.
    [[nodiscard]] bool gone() {
      const State state = state_.load(std::memory_order_acquire);
      if (state != kTaken) return state == kGone;
      const int error = ::pthread_mutex_trylock(&mutex_);
      if (error == EBUSY) return false;
      if (error == EOWNERDEAD) {
        check(::pthread_mutex_consistent(&mutex_), "pthread_mutex_consistent");
      } else if (error != 0) {
        shm::throw_error(error, "pthread_mutex_trylock", "seat");
      }
      state_.store(kGone, std::memory_order_release);
      check(::pthread_mutex_unlock(&mutex_), "pthread_mutex_unlock");
      return true;
    }

   private:
    enum State : std::uint32_t { kFree, kTaken, kGone };

    static void check(int error, const char* call) {
      if (error != 0) shm::throw_error(error, call, "seat");
    }

    pthread_mutex_t mutex_;
    std::atomic<State> state_{kFree};
  };

  SpscRing(std::size_t capacity, std::uint64_t first)
      : item_size_{sizeof(T)},
        capacity_{capacity},
        producer_{first, first, capacity - 1},
        consumer_{first, first, capacity - 1} {
    // Last: whoever finds the number finds the rest.
    magic_.store(kMagic, std::memory_order_release);
  }

  [[noreturn]] static void refuse(const char* call, const char* what, std::uint64_t value) {
    shm::throw_error(EINVAL, call, std::string{what} + " " + std::to_string(value));
  }

  static void check_capacity(const char* call, std::uint64_t capacity) {
    constexpr std::uint64_t kMost = (std::numeric_limits<std::size_t>::max() / 2 - sizeof(SpscRing)) / sizeof(T);
    if (capacity == 0 || (capacity & (capacity - 1)) != 0 || capacity > kMost) refuse(call, "capacity", capacity);
  }

  static void check_memory(const char* call, std::span<std::byte> memory, std::size_t needed) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
    if (address == 0 || address % shm::kCacheLine != 0) refuse(call, "memory at", address);
    if (memory.size() < needed) refuse(call, "memory size", memory.size());
  }

  /// Free slots behind `tail`. Looks at the consumer's line only when the last look does not show enough.
  [[nodiscard]] std::uint64_t free_slots(std::uint64_t tail, std::uint64_t wanted) {
    const std::uint64_t capacity = producer_.mask + 1;
    if (capacity - (tail - producer_.head_seen) < wanted) {
      // Acquire: the consumer has read what lay in the slots that it gave back.
      producer_.head_seen = consumer_.head.load(std::memory_order_acquire);
    }
    return capacity - (tail - producer_.head_seen);
  }

  /// Items from `head` on. Looks at the producer's line only when the last look does not show enough.
  [[nodiscard]] std::uint64_t items_ready(std::uint64_t head, std::uint64_t wanted) {
    if (consumer_.tail_seen - head < wanted) {
      // Acquire: with the position come the items before it.
      consumer_.tail_seen = producer_.tail.load(std::memory_order_acquire);
    }
    return consumer_.tail_seen - head;
  }

  [[nodiscard]] std::byte* slot(std::uint64_t position, std::uint64_t mask) {
    return reinterpret_cast<std::byte*>(this) + sizeof(SpscRing) + (position & mask) * sizeof(T);
  }

  [[nodiscard]] static T* item_at(std::byte* slot) { return std::launder(reinterpret_cast<T*>(slot)); }

  [[nodiscard]] Seat& seat_of(Side side) { return side == Side::kProducer ? producer_seat_ : consumer_seat_; }

  [[nodiscard]] static const char* name_of(Side side) { return side == Side::kProducer ? "producer" : "consumer"; }

  template <typename Attempt>
  [[nodiscard]] static Wait wait_for(Attempt attempt, Seat& peer, shm::Deadline deadline) {
    constexpr int kSpins = 500;
    for (int i = 0; i < kSpins; ++i) {
      if (attempt()) return Wait::kDone;
      pause();
    }
    for (int round = 0;; ++round) {
      if (attempt()) return Wait::kDone;
      // The peer may have published between our attempt and its end: look a last time, now that it can't any more.
      if (peer.gone()) return attempt() ? Wait::kDone : Wait::kPeerGone;
      if (deadline.passed()) return Wait::kTimedOut;
      rest(round);
    }
  }

  static void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  static void rest(int round) {
    constexpr int kYields = 200;
    if (round < kYields) {
      ::sched_yield();
    } else {
      const timespec nap{.tv_sec = 0, .tv_nsec = 50'000};
      ::nanosleep(&nap, nullptr);
    }
  }

  static constexpr std::uint64_t kMagic = 0x676e6972'63737073;  // "spscring"

  /// Written by the producer only, all that its hot path needs.
  struct alignas(shm::kCacheLine) Producer {
    std::atomic<std::uint64_t> tail;  ///< position of the next item to come
    std::uint64_t head_seen;          ///< the consumer's position when we last looked
    std::uint64_t mask;               ///< capacity - 1
  };

  /// Written by the consumer only.
  struct alignas(shm::kCacheLine) Consumer {
    std::atomic<std::uint64_t> head;  ///< position of the oldest item
    std::uint64_t tail_seen;          ///< the producer's position when we last looked
    std::uint64_t mask;
  };

  // Written once.
  alignas(shm::kCacheLine) std::atomic<std::uint64_t> magic_;
  std::uint64_t item_size_;
  std::uint64_t capacity_;

  Producer producer_;
  Consumer consumer_;
  alignas(shm::kCacheLine) Seat producer_seat_;
  alignas(shm::kCacheLine) Seat consumer_seat_;
};

}  // namespace lab
