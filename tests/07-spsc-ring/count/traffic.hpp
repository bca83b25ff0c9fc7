#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

#include "explore/access_counter.hpp"
#include "ring.hpp"
#include "shm/mapping.hpp"
#include "testing/subject.hpp"

namespace ring_count {

inline constexpr int kProducer = 0;
inline constexpr int kConsumer = 1;
inline constexpr std::size_t kCapacity = 256;
inline constexpr std::uint64_t kLaps = 64;

/// How the two sides take turns during a lap, in which kCapacity items go through the ring.
enum class Pattern {
  kFillThenDrain,  ///< the producer fills the empty ring, then the consumer empties it
  kNearlyEmpty,    ///< push, pop, push, pop...: the producer always has room
  kNearlyFull,     ///< pop, push, pop, push... on a full ring: the consumer always has an item
};

/// A ring in shared memory whose every access is counted while a subject works with it. How it lies in its memory and
/// what its positions look like is the student's business: where the items lie is found by what was pushed.
template <typename T>
class Traffic {
 public:
  Traffic();

  /// Runs a subject that makes a ring, lets it settle, and counts while kLaps laps go through it.
  /// Afterwards counter() knows what each side did.
  [[nodiscard]] judge::Outcome<judge::Unit> run(Pattern pattern);

  [[nodiscard]] const explore::AccessCounter& counter() const { return counter_; }

 private:
  void work(Pattern pattern);
  void find_slots(lab::Ring<T>& producer, lab::Ring<T>& consumer);
  void lap(lab::Ring<T>& producer, lab::Ring<T>& consumer, Pattern pattern);
  void push(lab::Ring<T>& producer);
  void pop(lab::Ring<T>& consumer);
  T item(std::uint64_t number) const;

  shm::Mapping memory_;
  explore::AccessCounter counter_;
  std::uint64_t first_number_;  // random: nothing else in the memory looks like an item
  std::uint64_t pushed_ = 0;
  std::uint64_t popped_ = 0;
};

extern template class Traffic<lab::Small>;
extern template class Traffic<lab::Line>;

}  // namespace ring_count
