#pragma once
// The textbook's way, done right: capacity + 1 slots, of which one stays empty; positions are slot numbers. Seats
// without a state: a counter says that somebody has come, and whoever can lock the mutex then knows that nobody is
// there.
#include <pthread.h>
#include <time.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string>
#include <type_traits>

#include "ring.hpp"
#include "shm/cache_line.hpp"
#include "shm/error.hpp"

namespace lab {

template <typename T>
class SpscRing {
  static_assert(std::is_trivially_copyable<T>::value && !std::is_pointer<T>::value, "plain data only");
  static_assert(std::atomic<uint64_t>::is_always_lock_free, "lock-free atomics only");

 public:
  static std::size_t bytes_for(std::size_t capacity) { return checked_size("bytes_for", capacity); }

  static SpscRing& create(std::span<std::byte> memory, std::size_t capacity, std::uint64_t first = 0) {
    const std::size_t size = checked_size("create", capacity);
    check_place("create", memory, size);
    auto* ring = ::new (static_cast<void*>(memory.data())) SpscRing;
    ring->slots_ = capacity + 1;
    ring->item_size_ = sizeof(T);
    ring->tail_ = ring->tail_seen_ = ring->head_ = ring->head_seen_ = first % (capacity + 1);
    ring->came_[0] = ring->came_[1] = 0;
    for (auto& mutex : ring->mutex_) {
      pthread_mutexattr_t kind;
      pthread_mutexattr_init(&kind);
      pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
      pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
      pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
      pthread_mutex_init(&mutex, &kind);
      pthread_mutexattr_destroy(&kind);
    }
    std::memcpy(ring->magic_, "SPSCRING", 8);
    return *ring;
  }

  static SpscRing& attach(std::span<std::byte> memory) {
    check_place("attach", memory, sizeof(SpscRing));
    auto* ring = reinterpret_cast<SpscRing*>(memory.data());
    if (std::memcmp(ring->magic_, "SPSCRING", 8) != 0) throw_value("attach", "no ring at", 0);
    if (ring->item_size_ != sizeof(T)) throw_value("attach", "items of bytes:", ring->item_size_);
    check_place("attach", memory, checked_size("attach", ring->slots_ - 1));
    return *ring;
  }

  std::size_t capacity() const { return slots_ - 1; }

  std::size_t size() const {
    const auto head = head_.load();
    const auto tail = tail_.load();
    return tail >= head ? tail - head : tail + slots_ - head;
  }

  bool try_push(const T& item) {
    const auto tail = tail_.load(std::memory_order_relaxed);
    const auto next = after(tail);
    if (next == head_seen_ && next == (head_seen_ = head_.load(std::memory_order_acquire))) return false;
    std::memcpy(place(tail), &item, sizeof(T));
    tail_.store(next, std::memory_order_release);
    return true;
  }

  bool try_pop(T& item) {
    const auto head = head_.load(std::memory_order_relaxed);
    if (head == tail_seen_ && head == (tail_seen_ = tail_.load(std::memory_order_acquire))) return false;
    std::memcpy(static_cast<void*>(&item), place(head), sizeof(T));
    head_.store(after(head), std::memory_order_release);
    return true;
  }

  std::size_t push_many(std::span<const T> items) {
    auto tail = tail_.load(std::memory_order_relaxed);
    if (room(tail) < items.size()) head_seen_ = head_.load(std::memory_order_acquire);
    const std::size_t most = room(tail);
    const std::size_t count = items.size() < most ? items.size() : most;
    for (std::size_t done = 0; done < count;) {
      const std::size_t part = count - done < slots_ - tail ? count - done : slots_ - tail;
      std::memcpy(place(tail), &items[done], part * sizeof(T));
      tail = (tail + part) % slots_;
      done += part;
    }
    if (count > 0) tail_.store(tail, std::memory_order_release);
    return count;
  }

  std::size_t pop_many(std::span<T> items) {
    auto head = head_.load(std::memory_order_relaxed);
    if (ready(head) < items.size()) tail_seen_ = tail_.load(std::memory_order_acquire);
    const std::size_t most = ready(head);
    const std::size_t count = items.size() < most ? items.size() : most;
    for (std::size_t done = 0; done < count;) {
      const std::size_t part = count - done < slots_ - head ? count - done : slots_ - head;
      std::memcpy(static_cast<void*>(&items[done]), place(head), part * sizeof(T));
      head = (head + part) % slots_;
      done += part;
    }
    if (count > 0) head_.store(head, std::memory_order_release);
    return count;
  }

  T* claim() {
    const auto tail = tail_.load(std::memory_order_relaxed);
    if (room(tail) == 0) head_seen_ = head_.load(std::memory_order_acquire);
    return room(tail) == 0 ? nullptr : place(tail);
  }
  void publish() { tail_.store(after(tail_.load(std::memory_order_relaxed)), std::memory_order_release); }

  const T* front() {
    const auto head = head_.load(std::memory_order_relaxed);
    if (ready(head) == 0) tail_seen_ = tail_.load(std::memory_order_acquire);
    return ready(head) == 0 ? nullptr : place(head);
  }
  void release() { head_.store(after(head_.load(std::memory_order_relaxed)), std::memory_order_release); }

  void take_seat(Side side, shm::Deadline deadline) {
    auto& mutex = mutex_[static_cast<int>(side)];
    for (;;) {
      const int error = pthread_mutex_trylock(&mutex);
      if (error == EOWNERDEAD) pthread_mutex_consistent(&mutex);
      if (error == 0 || error == EOWNERDEAD) break;
      if (error != EBUSY) shm::throw_error(error, "take_seat");
      if (deadline.passed()) shm::throw_error(EBUSY, "take_seat");
      nap();
    }
    ++came_[static_cast<int>(side)];
  }

  void leave_seat(Side side) {
    const int error = pthread_mutex_unlock(&mutex_[static_cast<int>(side)]);
    if (error != 0) shm::throw_error(error, "leave_seat");
  }

  Wait push_until(const T& item, shm::Deadline deadline) {
    for (;; nap()) {
      if (try_push(item)) return Wait::kDone;
      if (is_gone(Side::kConsumer)) return try_push(item) ? Wait::kDone : Wait::kPeerGone;
      if (deadline.passed()) return Wait::kTimedOut;
    }
  }

  Wait pop_until(T& item, shm::Deadline deadline) {
    for (;; nap()) {
      if (try_pop(item)) return Wait::kDone;
      if (is_gone(Side::kProducer)) return try_pop(item) ? Wait::kDone : Wait::kPeerGone;
      if (deadline.passed()) return Wait::kTimedOut;
    }
  }

 private:
  SpscRing() = default;

  [[noreturn]] static void throw_value(const char* call, const char* what, std::uint64_t value) {
    shm::throw_error(EINVAL, call, std::string(what) + " " + std::to_string(value));
  }
  static std::size_t checked_size(const char* call, std::size_t capacity) {
    std::size_t bytes = 0;
    if (capacity == 0 || (capacity & (capacity - 1)) || __builtin_mul_overflow(capacity + 1, sizeof(T), &bytes) ||
        __builtin_add_overflow(bytes, sizeof(SpscRing), &bytes) || bytes > PTRDIFF_MAX) {
      throw_value(call, "capacity", capacity);
    }
    return bytes;
  }
  static void check_place(const char* call, std::span<std::byte> memory, std::size_t size) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
    if (!address || address % alignof(SpscRing)) throw_value(call, "address", address);
    if (memory.size() < size) throw_value(call, "bytes", memory.size());
  }

  static void nap() {
    const timespec little{0, 20'000};
    nanosleep(&little, nullptr);
  }

  bool is_gone(Side side) {
    if (came_[static_cast<int>(side)] == 0) return false;
    auto& mutex = mutex_[static_cast<int>(side)];
    const int error = pthread_mutex_trylock(&mutex);
    if (error == EBUSY) return false;
    if (error == EOWNERDEAD) pthread_mutex_consistent(&mutex);
    pthread_mutex_unlock(&mutex);
    return true;
  }

  std::uint64_t after(std::uint64_t slot) const { return slot + 1 == slots_ ? 0 : slot + 1; }
  std::uint64_t room(std::uint64_t tail) const { return (head_seen_ + slots_ - tail - 1) % slots_; }
  std::uint64_t ready(std::uint64_t head) const { return (tail_seen_ + slots_ - head) % slots_; }
  T* place(std::uint64_t slot) { return reinterpret_cast<T*>(this + 1) + slot; }

  alignas(64) char magic_[8];
  std::uint64_t slots_;
  std::uint64_t item_size_;
  std::atomic<std::uint32_t> came_[2];
  pthread_mutex_t mutex_[2];
  alignas(64) std::atomic<std::uint64_t> tail_;
  std::uint64_t head_seen_;
  alignas(64) std::atomic<std::uint64_t> head_;
  std::uint64_t tail_seen_;
  alignas(64) char unused_[64];
};

}  // namespace lab
