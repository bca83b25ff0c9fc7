#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <vector>

#include "shared_queue.hpp"
#include "shm/mapping.hpp"
#include "testing/fresh_name.hpp"
#include "testing/gate.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/rendezvous.hpp"
#include "testing/seed.hpp"
#include "testing/shared.hpp"
#include "testing/subject.hpp"

/// Shared by the suites of this lab.
namespace lab05 {

using Numbers = std::vector<std::uint64_t>;

/// What is queued here: a number, and words that only it has, so that half an item is noticed.
struct Item {
  std::array<std::uint64_t, 5> words;
  friend bool operator==(const Item&, const Item&) = default;
};

[[nodiscard]] inline Item numbered(std::uint64_t number) {
  Item item{};
  for (std::uint64_t i = 0; i < item.words.size(); ++i) item.words[i] = number * (2 * i + 1) + i;
  return item;
}

/// What an item that was taken says: its number, or kTorn when its parts do not belong together.
inline constexpr std::uint64_t kTorn = 0xDEAD'DEAD;
[[nodiscard]] inline std::uint64_t number_of(const Item& item) {
  return item == numbered(item.words[0]) ? item.words[0] : kTorn;
}

/// How a call ended that gave no item.
inline constexpr std::uint64_t kNotYet = 1'000'001;
inline constexpr std::uint64_t kClosed = 1'000'002;

[[nodiscard]] inline std::uint64_t word_for(lab::Result result, std::uint64_t number) {
  return result == lab::Result::kDone ? number : result == lab::Result::kClosed ? kClosed : kNotYet;
}

// Each says the item's number, or how it ended.
[[nodiscard]] inline std::uint64_t try_push(const lab::Queue& queue, std::uint64_t number) {
  const Item item = numbered(number);
  return word_for(lab::try_push(queue, std::as_bytes(std::span{&item, 1})), number);
}
[[nodiscard]] inline std::uint64_t push(const lab::Queue& queue, std::uint64_t number, shm::Deadline deadline) {
  const Item item = numbered(number);
  return word_for(lab::push(queue, std::as_bytes(std::span{&item, 1}), deadline), number);
}
[[nodiscard]] inline std::uint64_t try_pop(const lab::Queue& queue) {
  Item item{};
  const lab::Result result = lab::try_pop(queue, std::as_writable_bytes(std::span{&item, 1}));
  return word_for(result, number_of(item));
}
[[nodiscard]] inline std::uint64_t pop(const lab::Queue& queue, shm::Deadline deadline) {
  Item item{};
  const lab::Result result = lab::pop(queue, std::as_writable_bytes(std::span{&item, 1}), deadline);
  return word_for(result, number_of(item));
}

/// A deadline that nobody lives to see: what waits for it, hangs.
[[nodiscard]] inline shm::Deadline far_away() { return shm::Deadline::after(std::chrono::hours{1}); }
/// A deadline that is meant to pass.
[[nodiscard]] inline shm::Deadline soon() { return shm::Deadline::after(std::chrono::milliseconds{40}); }
[[nodiscard]] inline shm::Deadline past() { return shm::Deadline::after(std::chrono::seconds{-1}); }

/// Memory of exactly `size` bytes, so that a checker sees who leaves it, and full of rubbish, so that nobody counts on
/// zeroes.
class PrivateMemory {
 public:
  explicit PrivateMemory(std::size_t size) : bytes_{static_cast<std::byte*>(::operator new(size, kAlignment)), size} {
    std::memset(bytes_.data(), 0xA5, size);
  }
  PrivateMemory(const PrivateMemory&) = delete;
  PrivateMemory& operator=(const PrivateMemory&) = delete;
  ~PrivateMemory() { ::operator delete(bytes_.data(), kAlignment); }

  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }
  [[nodiscard]] std::vector<std::byte> copy() const { return {bytes_.begin(), bytes_.end()}; }

 private:
  static constexpr std::align_val_t kAlignment{shm::kCacheLine};
  std::span<std::byte> bytes_;
};

/// A queue in memory of its own, for a subject that plays all sides.
struct PrivateQueue {
  explicit PrivateQueue(std::size_t capacity, std::size_t item_size = sizeof(Item))
      : memory{lab::bytes_for(capacity, item_size)}, queue{lab::create(memory.bytes(), capacity, item_size)} {}

  PrivateMemory memory;
  lab::Queue queue;
};

/// An object that every process maps by itself, at an address of its own.
class SharedMemory {
 public:
  SharedMemory();
  [[nodiscard]] shm::Mapping map() const;

 private:
  judge::FreshName name_;
};

/// Makes a queue of items in shared memory, by a subject that ends before the peers start.
[[nodiscard]] judge::Outcome<judge::Unit> make_queue(const SharedMemory& memory, std::size_t capacity);

/// The queue in shared memory, as one process sees it.
struct Peer {
  explicit Peer(const SharedMemory& memory);

  shm::Mapping displacement;
  shm::Mapping mapping;
  lab::Queue queue;
};

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
