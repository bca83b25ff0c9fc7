#pragma once
// No mutex: a seat is one atomic word, its owner's pid and the time that the process started, for pids come again.
// An observer asks a pidfd whether the process has ended.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <span>
#include <string>
#include <type_traits>

#include "ring.hpp"
#include "shm/cache_line.hpp"
#include "shm/error.hpp"
#include "shm/unique_fd.hpp"

namespace lab {

/// When the process started, in clock ticks since the machine did; 0 when there is no such process.
inline std::uint64_t start_time_of(pid_t pid) {
  const shm::UniqueFd fd{::open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) return 0;
  char text[1024] = {};
  if (::read(fd.get(), text, sizeof text - 1) <= 0) return 0;
  const char* field = std::strrchr(text, ')');  // the name may hold anything
  for (int i = 2; field != nullptr && i < 22; ++i) field = std::strchr(field + 1, ' ');
  return field == nullptr ? 0 : std::strtoull(field, nullptr, 10);
}

/// Pid and start time in one word, so that nobody dies between the two: a pid has at most 22 bits.
inline std::uint64_t self() { return start_time_of(::getpid()) << 22 | static_cast<std::uint64_t>(::getpid()); }

/// Whether the process that said this of itself still runs.
inline bool runs(std::uint64_t owner) {
  const auto pid = static_cast<pid_t>(owner & ((1U << 22) - 1));
  const shm::UniqueFd process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!process) {
    if (errno == ESRCH || errno == EINVAL) return false;
    shm::throw_error(errno, "pidfd_open");
  }
  if (start_time_of(pid) != owner >> 22) return false;
  pollfd ended{};
  ended.fd = process.get();
  ended.events = POLLIN;
  return ::poll(&ended, 1, 0) == 0;
}

template <typename T>
class alignas(shm::kCacheLine) SpscRing final {
 public:
  static_assert(std::is_trivially_copyable_v<T>);
  static_assert(!std::is_pointer_v<T>);
  static_assert(std::atomic_uint64_t::is_always_lock_free);

  [[nodiscard]] static std::size_t bytes_for(std::size_t capacity) {
    require(capacity != 0 && (capacity & (~capacity + 1)) == capacity && capacity <= (SIZE_MAX >> 2) / sizeof(T),
            "bytes_for", capacity);
    return sizeof(SpscRing) + sizeof(T) * capacity;
  }

  [[nodiscard]] static SpscRing& create(std::span<std::byte> memory, std::size_t capacity, std::uint64_t first = 0) {
    require(capacity != 0 && (capacity & (~capacity + 1)) == capacity && capacity <= (SIZE_MAX >> 2) / sizeof(T),
            "create", capacity);
    require_place("create", memory, bytes_for(capacity));
    auto* ring = ::new (static_cast<void*>(memory.data())) SpscRing;
    ring->mask_ = capacity - 1;
    ring->writer_.position.store(first);
    ring->writer_.limit = first + capacity;
    ring->reader_.position.store(first);
    ring->reader_.limit = first;
    ring->kind_.store(kKind);
    return *ring;
  }

  [[nodiscard]] static SpscRing& attach(std::span<std::byte> memory) {
    require_place("attach", memory, sizeof(SpscRing));
    auto* ring = std::launder(reinterpret_cast<SpscRing*>(memory.data()));
    require(ring->kind_.load() == kKind, "attach", ring->kind_.load());
    require_place("attach", memory, bytes_for(ring->mask_ + 1));
    return *ring;
  }

  [[nodiscard]] std::size_t capacity() const { return mask_ + 1; }
  [[nodiscard]] std::size_t size() const {
    const auto head = reader_.position.load();
    const auto items = writer_.position.load() - head;
    return items > capacity() ? capacity() : items;
  }

  [[nodiscard]] bool try_push(const T& item) {
    T* slot = claim();
    if (slot == nullptr) return false;
    std::memcpy(static_cast<void*>(slot), &item, sizeof item);
    publish();
    return true;
  }

  [[nodiscard]] bool try_pop(T& item) {
    const T* slot = front();
    if (slot == nullptr) return false;
    std::memcpy(static_cast<void*>(&item), slot, sizeof item);
    release();
    return true;
  }

  [[nodiscard]] std::size_t push_many(std::span<const T> items) {
    const auto tail = writer_.position.load(std::memory_order_relaxed);
    if (writer_.limit - tail < items.size())
      writer_.limit = reader_.position.load(std::memory_order_acquire) + mask_ + 1;
    const std::size_t count = lesser(items.size(), writer_.limit - tail);
    const std::size_t straight = lesser(count, mask_ + 1 - (tail & mask_));
    if (straight != 0) std::memcpy(static_cast<void*>(slot(tail)), items.data(), sizeof(T) * straight);
    if (straight != count) {
      std::memcpy(static_cast<void*>(slot(0)), items.data() + straight, sizeof(T) * (count - straight));
    }
    writer_.position.store(tail + count, std::memory_order_release);
    return count;
  }

  [[nodiscard]] std::size_t pop_many(std::span<T> items) {
    const auto head = reader_.position.load(std::memory_order_relaxed);
    if (reader_.limit - head < items.size()) reader_.limit = writer_.position.load(std::memory_order_acquire);
    const std::size_t count = lesser(items.size(), reader_.limit - head);
    const std::size_t straight = lesser(count, mask_ + 1 - (head & mask_));
    if (straight != 0) std::memcpy(static_cast<void*>(items.data()), slot(head), sizeof(T) * straight);
    if (straight != count) {
      std::memcpy(static_cast<void*>(items.data() + straight), slot(0), sizeof(T) * (count - straight));
    }
    reader_.position.store(head + count, std::memory_order_release);
    return count;
  }

  [[nodiscard]] T* claim() {
    const auto tail = writer_.position.load(std::memory_order_relaxed);
    if (tail == writer_.limit) writer_.limit = reader_.position.load(std::memory_order_acquire) + mask_ + 1;
    return tail == writer_.limit ? nullptr : slot(tail);
  }
  void publish() { writer_.position.fetch_add(1, std::memory_order_release); }

  [[nodiscard]] const T* front() {
    const auto head = reader_.position.load(std::memory_order_relaxed);
    if (head == reader_.limit) reader_.limit = writer_.position.load(std::memory_order_acquire);
    return head == reader_.limit ? nullptr : slot(head);
  }
  void release() { reader_.position.fetch_add(1, std::memory_order_release); }

  void take_seat(Side side, shm::Deadline deadline) {
    Seat& seat = seats_[static_cast<int>(side)];
    for (;; ::sched_yield()) {
      std::uint64_t owner = seat.owner.load();
      if ((owner == kNobodyYet || owner == kLeft || !runs(owner)) &&
          seat.owner.compare_exchange_strong(owner, self())) {
        return;
      }
      if (deadline.passed()) shm::throw_error(EBUSY, "take_seat");
    }
  }

  void leave_seat(Side side) {
    std::uint64_t owner = self();
    if (!seats_[static_cast<int>(side)].owner.compare_exchange_strong(owner, kLeft))
      shm::throw_error(EPERM, "leave_seat");
  }

  [[nodiscard]] Wait push_until(const T& item, shm::Deadline deadline) {
    return wait(seats_[1], deadline, [&] { return try_push(item); });
  }
  [[nodiscard]] Wait pop_until(T& item, shm::Deadline deadline) {
    return wait(seats_[0], deadline, [&] { return try_pop(item); });
  }

 private:
  struct alignas(shm::kCacheLine) End {
    std::atomic_uint64_t position;
    std::uint64_t limit;  // how far it may go as far as it knows
  };
  struct alignas(shm::kCacheLine) Seat {
    std::atomic_uint64_t owner{kNobodyYet};
  };
  static constexpr std::uint64_t kNobodyYet = 0;
  static constexpr std::uint64_t kLeft = ~std::uint64_t{0};
  static constexpr std::uint64_t kKind = 0x5350'5343'0000'0000 + sizeof(T);  // magic number and item size in one

  SpscRing() = default;

  static std::size_t lesser(std::size_t a, std::size_t b) { return a < b ? a : b; }
  static void require(bool right, const char* call, std::uint64_t value) {
    if (!right) shm::throw_error(EINVAL, call, std::to_string(value));
  }
  static void require_place(const char* call, std::span<std::byte> memory, std::size_t size) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
    require(address != 0 && (address & (shm::kCacheLine - 1)) == 0, call, address);
    require(memory.size() >= size, call, memory.size());
  }
  T* slot(std::uint64_t position) { return reinterpret_cast<T*>(this + 1) + (position & mask_); }

  template <typename Work>
  static Wait wait(Seat& peer, shm::Deadline deadline, Work work) {
    for (int round = 1; !work(); ++round) {
      if (round % 64 != 0) continue;
      const auto owner = peer.owner.load();
      if (owner == kLeft || (owner != kNobodyYet && !runs(owner))) {
        return work() ? Wait::kDone : Wait::kPeerGone;
      }
      if (deadline.passed()) return Wait::kTimedOut;
      ::sched_yield();
    }
    return Wait::kDone;
  }

  std::atomic_uint64_t kind_;
  std::uint64_t mask_;
  End writer_;
  End reader_;
  Seat seats_[2];
};

}  // namespace lab
