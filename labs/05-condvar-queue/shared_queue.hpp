#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "shm/cache_line.hpp"
#include "shm/deadline.hpp"

/// What students write: a bounded queue between any number of processes, any of which may die at any time.
///
/// All functions but create() may be called by any number of processes and threads at once. A process that is killed,
/// wherever it is, harms nobody: an item that it was pushing is in the queue as a whole or not at all; an item that it
/// was taking is still there or gone, and never seen twice; all others go on.
namespace lab {

/// What every queue begins with, at offset 0 of its memory. What lies behind it is the editable file's own business.
struct Identity {
  std::atomic<std::uint64_t> magic;  ///< kMagic once all the rest is complete
  std::uint64_t version;             ///< kVersion
  std::uint64_t capacity;            ///< items that it holds at most
  std::uint64_t item_size;           ///< bytes of each
};
static_assert(decltype(Identity::magic)::is_always_lock_free, "a lock would live in one process only");

inline constexpr std::uint64_t kMagic = 0x6c61'6230'3571'7565;
inline constexpr std::uint64_t kVersion = 1;

/// One process's view of a queue: where its memory lies here. Plain data, to be copied at will.
struct Queue {
  std::span<std::byte> memory;

  [[nodiscard]] Identity& identity() const noexcept { return *reinterpret_cast<Identity*>(memory.data()); }
};

/// What came of a push or a pop.
enum class Result : std::uint8_t {
  kDone,    ///< the item was pushed, or taken
  kNotYet,  ///< there was no room, or no item, until the deadline
  kClosed,  ///< nothing can be pushed any more; for a pop: and all that was pushed has been taken
};

/// What the death of others may cost at most: a waiter whose wake-up went to a process that was killed, or was to come
/// from one, sees within this time what it waits for.
inline constexpr std::chrono::milliseconds kPatience{100};

// ---- Step 1 --------------------------------------------------------------------------------------------------------

/// Bytes of memory that a queue needs.
/// @param capacity   items that it holds at most; any number from 1
/// @param item_size  bytes of each, from 1
/// @throws std::system_error EINVAL, naming the value, when one of them is 0 or the sum does not fit a std::size_t
[[nodiscard]] std::size_t bytes_for(std::size_t capacity, std::size_t item_size);

/// Makes an empty queue in memory that nobody uses yet, whatever it holds. Only when all is complete does the magic
/// number say so: whoever finds a process dead half-way finds no queue.
/// @param memory  begins at a multiple of shm::kCacheLine, and has bytes_for(capacity, item_size) bytes or more
/// @throws std::system_error what bytes_for() says; EINVAL, naming the value, for memory that is null, not aligned or
///         too small (nothing has been written then); or what else failed (there is no queue then)
/// @see pthread_mutexattr_setrobust(3), pthread_mutexattr_setpshared(3), pthread_condattr_setclock(3p)
Queue create(std::span<std::byte> memory, std::size_t capacity, std::size_t item_size);

/// Finds the queue that another process has made in this memory. Writes nothing.
/// @throws std::system_error EINVAL, naming what is wrong, for memory that is null, not aligned or too small for an
///         Identity; for another magic number or version; for items of another size; for a capacity of 0, or one for
///         which the memory is too small
Queue attach(std::span<std::byte> memory, std::size_t item_size);

// ---- Step 2 (and 3: when the owner of the lock died) ---------------------------------------------------------------

/// Pushes a copy of the item if there is room, without waiting for it.
/// @return kDone; kNotYet when the queue is full; kClosed
/// @throws std::system_error EINVAL, naming the sizes, for an item of another size than the queue's
[[nodiscard]] Result try_push(const Queue& queue, std::span<const std::byte> item);

/// Takes the oldest item if there is one, without waiting for it. Of each producer the items come in the order in which
/// it pushed them. What `item` holds changes only with kDone.
/// @return kDone; kNotYet when the queue is empty; kClosed when it is empty and closed
/// @throws std::system_error EINVAL, naming the sizes, for an item of another size than the queue's
[[nodiscard]] Result try_pop(const Queue& queue, std::span<std::byte> item);

/// Items in the queue at some moment during the call.
[[nodiscard]] std::size_t size(const Queue& queue);

// ---- Step 4 (and 6: when a waiter was killed) ----------------------------------------------------------------------

/// Pushes a copy of the item, waiting for room until the deadline. Who waits sleeps, and is woken by the call that
/// makes room, or by close(). Room that is there when the deadline passes is used; a deadline in the past means "look
/// once". Any number may wait: more than sixteen may look again every millisecond or so instead of being woken.
///
/// The deadline limits the wait for room. A lock that another process holds is waited for without one: it is held for
/// moments, or by a process that is dead.
/// @return kDone; kNotYet when there was no room until the deadline; kClosed
/// @throws std::system_error EINVAL, naming the sizes, for an item of another size than the queue's
/// @see pthread_cond_timedwait(3p)
[[nodiscard]] Result push(const Queue& queue, std::span<const std::byte> item, shm::Deadline deadline);

/// Takes the oldest item, waiting for one until the deadline; otherwise as push() and try_pop().
/// @return kDone; kNotYet when there was no item until the deadline; kClosed when it is empty and closed
/// @throws std::system_error EINVAL, naming the sizes, for an item of another size than the queue's
[[nodiscard]] Result pop(const Queue& queue, std::span<std::byte> item, shm::Deadline deadline);

// ---- Step 5 --------------------------------------------------------------------------------------------------------

/// From now on nothing can be pushed; what is in the queue can be taken. Wakes all who wait. May be called again.
void close(const Queue& queue);

}  // namespace lab
