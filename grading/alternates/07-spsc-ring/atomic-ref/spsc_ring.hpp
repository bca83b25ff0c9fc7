#pragma once
// The memory is plain numbers; atomics are views of them (std::atomic_ref), all sequentially consistent. Both sides are
// one class: a cursor that chases the other one. The positions run freely; batches are copied item by item, and
// published once.
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>

#include "ring.hpp"
#include "shm/cache_line.hpp"
#include "shm/error.hpp"

namespace lab {
namespace detail {

using Number = std::uint64_t;

struct Cursor {
  alignas(64) Number at;
  Number other;  // the other cursor, as last seen
};

struct Chair {
  alignas(64) pthread_mutex_t mutex;
  Number history;  // 0: nobody yet, 1: somebody, 2: nobody any more
};

struct Layout {
  alignas(64) Number magic;
  Number item_size;
  Number capacity;
  Cursor cursors[2];
  Chair chairs[2];
};

static_assert(std::atomic_ref<Number>::is_always_lock_free);
static_assert(std::is_trivial_v<Layout>);

}  // namespace detail

template <typename T>
class SpscRing : detail::Layout {
  using Number = detail::Number;
  static_assert(std::is_trivially_copyable_v<T>, "T must be trivially copyable");
  static_assert(!std::is_pointer_v<T>, "T must not be a pointer");
  static constexpr Number kMagic = 0x0107'5b5c'0107'5b5c;
  static constexpr std::size_t kLargest = PTRDIFF_MAX;

 public:
  static std::size_t bytes_for(std::size_t wanted) {
    if (!std::has_single_bit(wanted) || wanted > (kLargest - sizeof(Layout)) / sizeof(T)) {
      shm::throw_error(EINVAL, "bytes_for", std::to_string(wanted) + " items");
    }
    return sizeof(Layout) + wanted * sizeof(T);
  }

  static SpscRing& create(std::span<std::byte> memory, std::size_t wanted, std::uint64_t first = 0) {
    if (!std::has_single_bit(wanted) || wanted > (kLargest - sizeof(Layout)) / sizeof(T)) {
      shm::throw_error(EINVAL, "create", std::to_string(wanted) + " items");
    }
    SpscRing& ring = at("create", memory, bytes_for(wanted));
    Layout fresh{};
    fresh.item_size = sizeof(T);
    fresh.capacity = wanted;
    for (auto& cursor : fresh.cursors) cursor.at = cursor.other = first;
    static_cast<Layout&>(ring) = fresh;
    for (auto& chair : ring.chairs) {
      pthread_mutexattr_t attributes;
      pthread_mutexattr_init(&attributes);
      pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
      pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
      pthread_mutex_init(&chair.mutex, &attributes);
      pthread_mutexattr_destroy(&attributes);
    }
    std::atomic_ref{ring.magic}.store(kMagic);
    return ring;
  }

  static SpscRing& attach(std::span<std::byte> memory) {
    SpscRing& ring = at("attach", memory, sizeof(Layout));
    if (std::atomic_ref{ring.magic}.load() != kMagic || ring.item_size != sizeof(T) ||
        !std::has_single_bit(ring.Layout::capacity) ||
        ring.Layout::capacity > (memory.size() - sizeof(Layout)) / sizeof(T)) {
      shm::throw_error(EINVAL, "attach", "no such ring in " + std::to_string(memory.size()) + " bytes");
    }
    return ring;
  }

  std::size_t capacity() const { return Layout::capacity; }
  std::size_t size() const {
    auto& all = const_cast<SpscRing&>(*this);
    const Number head = load(all.cursors[1].at);
    return std::min<Number>(load(all.cursors[0].at) - head, Layout::capacity);
  }

  bool try_push(const T& item) { return push_many({&item, 1}) == 1; }
  bool try_pop(T& item) { return pop_many({&item, 1}) == 1; }

  std::size_t push_many(std::span<const T> items) {
    const Number count = std::min<Number>(items.size(), to_write(items.size()));
    Number position = own(Side::kProducer).at;
    for (Number i = 0; i < count; ++i) std::memcpy(slot(position++), &items[i], sizeof(T));
    if (count != 0) store(own(Side::kProducer).at, position);
    return count;
  }

  std::size_t pop_many(std::span<T> items) {
    const Number count = std::min<Number>(items.size(), to_read(items.size()));
    Number position = own(Side::kConsumer).at;
    for (Number i = 0; i < count; ++i) std::memcpy(static_cast<void*>(&items[i]), slot(position++), sizeof(T));
    if (count != 0) store(own(Side::kConsumer).at, position);
    return count;
  }

  T* claim() { return to_write(1) == 0 ? nullptr : slot(own(Side::kProducer).at); }
  void publish() { store(own(Side::kProducer).at, own(Side::kProducer).at + 1); }
  const T* front() { return to_read(1) == 0 ? nullptr : slot(own(Side::kConsumer).at); }
  void release() { store(own(Side::kConsumer).at, own(Side::kConsumer).at + 1); }

  void take_seat(Side side, shm::Deadline deadline) {
    auto& chair = chairs[static_cast<std::size_t>(side)];
    const timespec until = deadline.as_timespec();
    switch (const int error = pthread_mutex_clocklock(&chair.mutex, CLOCK_MONOTONIC, &until); error) {
      case EOWNERDEAD:
        pthread_mutex_consistent(&chair.mutex);
        [[fallthrough]];
      case 0:
        store(chair.history, 1);
        return;
      default:
        shm::throw_error(error == ETIMEDOUT ? EBUSY : error, "take_seat");
    }
  }

  void leave_seat(Side side) {
    auto& chair = chairs[static_cast<std::size_t>(side)];
    if (const int error = pthread_mutex_unlock(&chair.mutex)) shm::throw_error(error, "leave_seat");
  }

  Wait push_until(const T& item, shm::Deadline deadline) {
    return repeat([&] { return try_push(item); }, chairs[1], deadline);
  }
  Wait pop_until(T& item, shm::Deadline deadline) {
    return repeat([&] { return try_pop(item); }, chairs[0], deadline);
  }

 private:
  static Number load(Number& number) { return std::atomic_ref{number}.load(); }
  static void store(Number& number, Number value) { std::atomic_ref{number}.store(value); }

  static SpscRing& at(const char* call, std::span<std::byte> memory, std::size_t size) {
    if (memory.data() == nullptr) shm::throw_error(EINVAL, call, "nullptr");
    const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
    if (address % 64 != 0) shm::throw_error(EINVAL, call, "address " + std::to_string(address));
    if (memory.size() < size) shm::throw_error(EINVAL, call, std::to_string(memory.size()) + " bytes");
    return *reinterpret_cast<SpscRing*>(memory.data());
  }

  detail::Cursor& own(Side side) { return cursors[static_cast<std::size_t>(side)]; }
  T* slot(Number position) {
    return reinterpret_cast<T*>(reinterpret_cast<std::byte*>(this) + sizeof(Layout)) + position % Layout::capacity;
  }

  Number to_write(Number wanted) {
    auto& [tail, head] = own(Side::kProducer);
    if (head + Layout::capacity - tail < wanted) head = load(cursors[1].at);
    return head + Layout::capacity - tail;
  }
  Number to_read(Number wanted) {
    auto& [head, tail] = own(Side::kConsumer);
    if (tail - head < wanted) tail = load(cursors[0].at);
    return tail - head;
  }

  template <typename Work>
  static Wait repeat(Work work, detail::Chair& peer, shm::Deadline deadline) {
    while (!work()) {
      Number history = load(peer.history);
      if (history == 1) {
        const int answer = pthread_mutex_trylock(&peer.mutex);
        if (answer == EOWNERDEAD) pthread_mutex_consistent(&peer.mutex);
        if (answer != EBUSY) {
          store(peer.history, history = 2);
          pthread_mutex_unlock(&peer.mutex);
        }
      }
      if (history == 2) return work() ? Wait::kDone : Wait::kPeerGone;
      if (deadline.passed()) return Wait::kTimedOut;
      sched_yield();
    }
    return Wait::kDone;
  }
};

}  // namespace lab
