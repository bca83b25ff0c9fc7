#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "shm/deadline.hpp"

/// What the labs' students write.
namespace lab {

/// The two ends of a ring. Each is one process (or one thread) at a time.
enum class Side : std::uint32_t { kProducer, kConsumer };

/// How waiting at the ring ended.
enum class Wait {
  kDone,      ///< the item was moved
  kTimedOut,  ///< the deadline passed; the peer is alive, or has not come yet
  kPeerGone,  ///< the peer died or left, and nothing that it did before is left to be seen
};

/// An item whose every byte follows from its number, so that a torn, lost or doubled one shows.
template <typename Word, std::size_t kWords>
struct Item {
  std::array<Word, kWords> words;

  /// The item with this number. A Word that is narrower than the number keeps its low bits.
  [[nodiscard]] static Item numbered(std::uint64_t number) {
    Item item;
    for (std::size_t i = 0; i < kWords; ++i) item.words[i] = static_cast<Word>(number + i * 0x9E37'79B9'7F4A'7C15);
    return item;
  }
  [[nodiscard]] std::uint64_t number() const { return words[0]; }
  friend bool operator==(const Item&, const Item&) = default;
};

using Small = Item<std::uint64_t, 1>;    ///< 8 bytes: one machine word
using Line = Item<std::uint64_t, 8>;     ///< 64 bytes: one cache line
using Block = Item<std::uint64_t, 128>;  ///< 1 KiB: too large for one store
using Pixel = Item<std::uint8_t, 3>;     ///< 3 bytes: no power of two, no alignment

/// A ring of items in shared memory between one producer and one consumer: the contract of lab::SpscRing, function by
/// function. This class is a handle: the tests call it, it calls your SpscRing, and so they never include your header.
///
/// At one time, one thread of one process is the producer and calls try_push, push_many, claim, publish and push_until;
/// one other is the consumer and calls try_pop, pop_many, front, release and pop_until. Anybody may call the rest.
///
/// Positions count items from the ring's creation on and never turn back: 64-bit numbers that wrap around from 2^64 - 1
/// to 0.
template <typename T>
class Ring {
 public:
  /// Bytes that a ring of `capacity` items takes.
  /// @throws std::system_error EINVAL when capacity is no power of two, or the ring would not fit the address space
  [[nodiscard]] static std::size_t bytes_for(std::size_t capacity);

  /// Makes an empty ring at the start of `memory`, whatever that holds. It keeps no address: every process may map it
  /// elsewhere.
  /// @param capacity  items that fit: a power of two, 1 included
  /// @param first     position of the first item (a test may start just below 2^64)
  /// @throws std::system_error EINVAL, before it has written anything, when `memory` is null, not aligned to a cache line or
  ///         too small, or `capacity` is impossible. The text names the call and the value: "create(capacity 12)"
  [[nodiscard]] static Ring create(std::span<std::byte> memory, std::size_t capacity, std::uint64_t first = 0);

  /// The ring that create() has made at the start of the same memory, in this or in another process.
  /// One whose creator died before it was whole is none.
  /// @throws std::system_error EINVAL when there is none, it holds items of another size, or it is larger than `memory`
  [[nodiscard]] static Ring attach(std::span<std::byte> memory);

  /// Where the ring lies: at the start of its memory.
  [[nodiscard]] const void* address() const { return ring_; }
  [[nodiscard]] std::size_t capacity() const;
  /// Items in the ring; never more than capacity(). While the other side works: some number that was lately true.
  [[nodiscard]] std::size_t size() const;

  /// Appends a copy. Returns false when the ring is full, and then changes nothing. Never waits.
  [[nodiscard]] bool try_push(const T& item);
  /// Moves the oldest item to `item`. Returns false when the ring is empty, and then changes nothing. Never waits.
  [[nodiscard]] bool try_pop(T& item);

  /// Appends the first of `items`, as many as fit, in one publish: the consumer sees all of them or none.
  /// Returns their number. At most two copies of memory.
  [[nodiscard]] std::size_t push_many(std::span<const T> items);
  /// Moves the oldest items to the start of `items`, as many as there are and fit. Returns their number.
  [[nodiscard]] std::size_t pop_many(std::span<T> items);

  /// The slot of the next item, to be written in place; nullptr when the ring is full. The consumer sees nothing of it
  /// before publish(). Claiming again without publishing gives the same slot.
  [[nodiscard]] T* claim();
  /// Appends the item in the claimed slot. Only after claim() has given one.
  void publish();
  /// The oldest item, in place; nullptr when the ring is empty. It stays there until release().
  [[nodiscard]] const T* front();
  /// Gives the slot of the oldest item back to the producer. Only after front() has given one.
  void release();

  /// Makes the calling thread the one that works on this side, so that the other side can notice its death.
  /// The seat of a process that died, or left, can be taken; the ring goes on where that one stopped.
  /// @throws std::system_error EBUSY when somebody alive sits there until the deadline
  void take_seat(Side side, shm::Deadline deadline);
  /// Gives up the seat. Everything published is still delivered. The thread that took the seat leaves it, before it
  /// unmaps the memory.
  /// @throws std::system_error EPERM when the caller does not sit there
  void leave_seat(Side side);

  /// try_push, waiting while the ring is full. A consumer that has not come yet is waited for.
  [[nodiscard]] Wait push_until(const T& item, shm::Deadline deadline);
  /// try_pop, waiting while the ring is empty. A producer that has not come yet is waited for; after one has died or
  /// left, first everything that it had published is delivered, and only then comes kPeerGone.
  [[nodiscard]] Wait pop_until(T& item, shm::Deadline deadline);

 private:
  explicit Ring(void* ring) : ring_{ring} {}

  void* ring_;
};

extern template class Ring<Small>;
extern template class Ring<Line>;
extern template class Ring<Block>;
extern template class Ring<Pixel>;

}  // namespace lab
