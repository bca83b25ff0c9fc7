// No condition variables: a bell is a word that changes, and who waits sleeps at it by futex(2), so a dead waiter
// leaves no trace. The positions are kept twice, and one byte says which of the two are valid.
#include "shared_queue.hpp"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <functional>
#include <new>
#include <string>

#include "shm/error.hpp"

namespace lab {
namespace {

struct Positions {
  std::uint64_t first;
  std::uint64_t count;
};

struct alignas(shm::kCacheLine) Layout {
  Identity identity;
  std::array<Positions, 2> positions;
  std::atomic<std::uint8_t> valid;
  std::atomic<std::uint8_t> is_closed;
  std::atomic<std::uint32_t> bell;
  pthread_mutex_t mutex;
};

using Bytes = std::span<const std::byte>;

Layout& layout_of(const Queue& queue) { return *reinterpret_cast<Layout*>(queue.memory.data()); }

class Access {
 public:
  explicit Access(const Queue& queue) : layout_{layout_of(queue)} { lock(); }
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;
  ~Access() { pthread_mutex_unlock(&layout_.mutex); }

  [[nodiscard]] const Positions& now() const { return layout_.positions[layout_.valid.load()]; }
  [[nodiscard]] bool closed() const { return layout_.is_closed.load() != 0; }
  [[nodiscard]] std::uint64_t capacity() const { return layout_.identity.capacity; }
  [[nodiscard]] std::byte* slot(std::uint64_t index) const {
    return reinterpret_cast<std::byte*>(&layout_) + sizeof(Layout) + (index % capacity()) * layout_.identity.item_size;
  }
  void become(Positions next) {
    const std::uint8_t other = layout_.valid.load() == 0 ? 1 : 0;
    layout_.positions[other] = next;
    layout_.valid.store(other);
    ring();
  }
  void close() {
    layout_.is_closed.store(1);
    ring();
  }
  void sleep(shm::Deadline deadline) {
    const std::uint32_t heard = layout_.bell.load();
    pthread_mutex_unlock(&layout_.mutex);
    const auto longest = std::min<shm::Deadline::Clock::duration>(deadline.remaining(), kPatience);
    const timespec until = shm::Deadline::after(longest).as_timespec();
    syscall(SYS_futex, &layout_.bell, FUTEX_WAIT_BITSET, heard, &until, nullptr, FUTEX_BITSET_MATCH_ANY);
    lock();
  }

 private:
  void lock() {
    int error = pthread_mutex_lock(&layout_.mutex);
    if (error == EOWNERDEAD) {
      ring();
      error = pthread_mutex_consistent(&layout_.mutex);
    }
    if (error != 0) shm::throw_error(error, "pthread_mutex_lock");
  }
  void ring() {
    layout_.bell.fetch_add(1);
    syscall(SYS_futex, &layout_.bell, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  }

  Layout& layout_;
};

void check(bool is_right, const char* call, const std::string& value) {
  if (!is_right) shm::throw_error(EINVAL, call, value);
}

void check_place(std::span<std::byte> memory, const char* call) {
  check(memory.data() != nullptr, call, "no memory");
  check(reinterpret_cast<std::uintptr_t>(memory.data()) % shm::kCacheLine == 0, call, "memory at an odd place");
}

void check_item(const Queue& queue, Bytes item, const char* call) {
  check(item.size() == queue.identity().item_size, call,
        std::to_string(item.size()) + " bytes instead of " + std::to_string(queue.identity().item_size));
}

Result try_in(Access& access, Bytes item) {
  if (access.closed()) return Result::kClosed;
  const Positions now = access.now();
  if (now.count == access.capacity()) return Result::kNotYet;
  std::memcpy(access.slot(now.first + now.count), item.data(), item.size());
  access.become({now.first, now.count + 1});
  return Result::kDone;
}

Result try_out(Access& access, std::span<std::byte> item) {
  const Positions now = access.now();
  if (now.count == 0) return access.closed() ? Result::kClosed : Result::kNotYet;
  std::memcpy(item.data(), access.slot(now.first), item.size());
  access.become({(now.first + 1) % access.capacity(), now.count - 1});
  return Result::kDone;
}

Result until(const Queue& queue, shm::Deadline deadline, const std::function<Result(Access&)>& attempt) {
  Access access{queue};
  Result result = attempt(access);
  while (result == Result::kNotYet && !deadline.passed()) {
    access.sleep(deadline);
    result = attempt(access);
  }
  return result;
}

}  // namespace

std::size_t bytes_for(std::size_t capacity, std::size_t item_size) {
  const std::string value = std::to_string(capacity) + " items of " + std::to_string(item_size) + " bytes";
  check(capacity > 0 && item_size > 0, "bytes_for", value);
  std::size_t product = 0;
  std::size_t sum = 0;
  check(!__builtin_mul_overflow(capacity, item_size, &product), "bytes_for", value);
  check(!__builtin_add_overflow(product, sizeof(Layout), &sum), "bytes_for", value);
  return sum;
}

Queue create(std::span<std::byte> memory, std::size_t capacity, std::size_t item_size) {
  check(bytes_for(capacity, item_size) <= memory.size() || memory.data() == nullptr, "create",
        std::to_string(memory.size()) + " bytes");
  check_place(memory, "create");
  const Queue queue{memory};
  queue.identity().magic.store(0);
  auto* const layout = ::new (memory.data()) Layout{};
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  const int error = pthread_mutex_init(&layout->mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
  if (error != 0) shm::throw_error(error, "pthread_mutex_init");
  layout->identity.version = kVersion;
  layout->identity.capacity = capacity;
  layout->identity.item_size = item_size;
  layout->identity.magic.store(kMagic, std::memory_order_release);
  return queue;
}

Queue attach(std::span<std::byte> memory, std::size_t item_size) {
  check_place(memory, "attach");
  check(memory.size() >= sizeof(Layout), "attach", std::to_string(memory.size()) + " bytes");
  const Queue queue{memory};
  const Identity& identity = queue.identity();
  check(identity.magic.load(std::memory_order_acquire) == kMagic, "attach", "no queue");
  check(identity.version == kVersion, "attach", "version " + std::to_string(identity.version));
  check(identity.item_size == item_size, "attach", "item size " + std::to_string(identity.item_size));
  check(bytes_for(identity.capacity, item_size) <= memory.size(), "attach",
        "capacity " + std::to_string(identity.capacity));
  return queue;
}

Result try_push(const Queue& queue, std::span<const std::byte> item) {
  check_item(queue, item, "try_push");
  Access access{queue};
  return try_in(access, item);
}

Result try_pop(const Queue& queue, std::span<std::byte> item) {
  check_item(queue, item, "try_pop");
  Access access{queue};
  return try_out(access, item);
}

std::size_t size(const Queue& queue) { return Access{queue}.now().count; }

Result push(const Queue& queue, std::span<const std::byte> item, shm::Deadline deadline) {
  check_item(queue, item, "push");
  return until(queue, deadline, [item](Access& access) { return try_in(access, item); });
}

Result pop(const Queue& queue, std::span<std::byte> item, shm::Deadline deadline) {
  check_item(queue, item, "pop");
  return until(queue, deadline, [item](Access& access) { return try_out(access, item); });
}

void close(const Queue& queue) { Access{queue}.close(); }

}  // namespace lab
