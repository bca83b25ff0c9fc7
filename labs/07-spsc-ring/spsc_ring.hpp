#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "ring.hpp"
#include "shm/cache_line.hpp"
#include "shm/deadline.hpp"
#include "shm/error.hpp"
#include "shm/not_implemented.hpp"

namespace lab {

/// A ring between one producer and one consumer process. It lies itself at the start of the shared memory, its items
/// right behind it, and it holds no address. What each function promises is written at lab::Ring (ring.hpp).
template <typename T>
class SpscRing {
  // TODO (step 1): an item, or a machine, with which this cannot work does not compile. Handout, "What may travel".

 public:
  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;
  ~SpscRing() = default;

  [[nodiscard]] static std::size_t bytes_for([[maybe_unused]] std::size_t capacity) {
    // TODO (step 1): the bytes of this object and its items; EINVAL for a capacity that is impossible.
    throw shm::NotImplemented{"step 1: bytes_for"};
  }

  [[nodiscard]] static SpscRing& create([[maybe_unused]] std::span<std::byte> memory,
                                        [[maybe_unused]] std::size_t capacity,
                                        [[maybe_unused]] std::uint64_t first = 0) {
    // TODO (step 1): an empty ring lies at the start of `memory`, both positions at `first`. When the arguments do not
    // allow that: shm::throw_error(EINVAL, "create", what and which value), and nothing was written. Handout, step 1.
    throw shm::NotImplemented{"step 1: create"};
  }

  [[nodiscard]] static SpscRing& attach([[maybe_unused]] std::span<std::byte> memory) {
    // TODO (step 1): the ring that lies there, once you have made sure that one does. Handout, step 1.
    throw shm::NotImplemented{"step 1: attach"};
  }

  [[nodiscard]] std::size_t capacity() const {
    // TODO (step 1): what create was told.
    throw shm::NotImplemented{"step 1: capacity"};
  }

  [[nodiscard]] std::size_t size() const {
    // TODO (step 1): items between the two positions, never more than capacity(), while both move.
    throw shm::NotImplemented{"step 1: size"};
  }

  [[nodiscard]] bool try_push([[maybe_unused]] const T& item) {
    // TODO (step 2): the item is in the ring and the consumer may trust it, or false: full. Handout, "Who sees what
    // when".
    throw shm::NotImplemented{"step 2: try_push"};
  }

  [[nodiscard]] bool try_pop([[maybe_unused]] T& item) {
    // TODO (step 2): `item` is the oldest and its slot is the producer's again, or false: empty.
    throw shm::NotImplemented{"step 2: try_pop"};
  }

  [[nodiscard]] std::size_t push_many([[maybe_unused]] std::span<const T> items) {
    // TODO (step 5): as many as fit are in the ring, copied by at most two memcpy(3), published by one store.
    throw shm::NotImplemented{"step 5: push_many"};
  }

  [[nodiscard]] std::size_t pop_many([[maybe_unused]] std::span<T> items) {
    // TODO (step 5): as many as there are and fit have moved to the start of `items`.
    throw shm::NotImplemented{"step 5: pop_many"};
  }

  [[nodiscard]] T* claim() {
    // TODO (step 5): the slot that the next item will lie in, or nullptr: full. Nothing is visible yet.
    throw shm::NotImplemented{"step 5: claim"};
  }

  void publish() {
    // TODO (step 5): what was written into the claimed slot is the newest item.
    throw shm::NotImplemented{"step 5: publish"};
  }

  [[nodiscard]] const T* front() {
    // TODO (step 5): the slot that the oldest item lies in, or nullptr: empty. It is not given back yet.
    throw shm::NotImplemented{"step 5: front"};
  }

  void release() {
    // TODO (step 5): the slot of the oldest item is the producer's again.
    throw shm::NotImplemented{"step 5: release"};
  }

  void take_seat([[maybe_unused]] Side side, [[maybe_unused]] shm::Deadline deadline) {
    // TODO (step 6): the caller sits there, and its death will be noticed; EBUSY when somebody alive sits there until
    // the deadline. Handout, "Noticing a death".
    throw shm::NotImplemented{"step 6: take_seat"};
  }

  void leave_seat([[maybe_unused]] Side side) {
    // TODO (step 6): the seat is free and the peer will notice that; EPERM when the caller does not sit there.
    throw shm::NotImplemented{"step 6: leave_seat"};
  }

  [[nodiscard]] Wait push_until([[maybe_unused]] const T& item, [[maybe_unused]] shm::Deadline deadline) {
    // TODO (step 6): try_push has succeeded, or the deadline has passed, or the ring is full and the consumer is gone.
    throw shm::NotImplemented{"step 6: push_until"};
  }

  [[nodiscard]] Wait pop_until([[maybe_unused]] T& item, [[maybe_unused]] shm::Deadline deadline) {
    // TODO (step 6): try_pop has succeeded, or the deadline has passed, or the producer is gone and nothing of it is
    // left.
    throw shm::NotImplemented{"step 6: pop_until"};
  }

 private:
  /// The slot of item number `index`, 0 <= index < capacity: the items begin right behind this object.
  [[nodiscard]] T* slot(std::uint64_t index) {
    return reinterpret_cast<T*>(reinterpret_cast<std::byte*>(this) + sizeof(SpscRing)) + index;
  }

  // TODO (step 1): what attach checks.
  std::uint64_t capacity_ = 0;
  // TODO (step 3): no side writes a cache line that the other one uses all the time. alignas, shm::kCacheLine.
  std::atomic<std::uint64_t> tail_{0};  ///< position of the next item to come; the producer's
  std::atomic<std::uint64_t> head_{0};  ///< position of the oldest item; the consumer's
  // TODO (step 4): what each side saw of the other's position when it last looked.
  // TODO (step 6): who sits where.
};

}  // namespace lab
