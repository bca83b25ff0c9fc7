#pragma once

#include <array>
#include <cstdint>

#include "explore/scenario.hpp"
#include "ring.hpp"
#include "ring_memory.hpp"
#include "seats.hpp"
#include "testing/crash.hpp"
#include "testing/shared.hpp"

/// What a sweep over a ring of lines needs: the ring, made anew before each death, and a note of what its victim is
/// sure to have done. A line is eight words, so a copy of it can stop in the middle.
class RingOfLines {
 public:
  /// @param filled  items that it holds, numbered from 1
  explicit RingOfLines(std::size_t capacity, std::uint64_t first = 0, std::uint64_t filled = 0)
      : capacity_{capacity}, first_{first}, filled_{filled} {}

  void make_anew() {
    *done_ = 0;
    const auto mapping = memory_.map();
    auto ring = lab::Ring<lab::Line>::create(mapping.bytes(), capacity_, first_);
    for (std::uint64_t number = 1; number <= filled_; ++number) {
      explore::require(ring.try_push(lab::Line::numbered(number)), "a ring that is not full takes an item");
    }
  }
  [[nodiscard]] AttachedRing<lab::Line> attach() const { return AttachedRing<lab::Line>{memory_}; }

  /// Items that the victim has moved for certain: its call has returned.
  void done(std::uint64_t count) { *done_ += count; }
  [[nodiscard]] std::uint64_t done() const { return *done_; }

 private:
  judge::SharedMemory memory_;
  judge::Shared<std::uint64_t> done_;
  std::size_t capacity_;
  std::uint64_t first_;
  std::uint64_t filled_;
};

/// What is there to be had: items numbered from `first` on, each whole. How many. Then their producer is known to be
/// gone, unless it may have died before it sat down.
[[nodiscard]] inline std::uint64_t take_all(lab::Ring<lab::Line>& ring, std::uint64_t first, bool was_seated) {
  std::uint64_t taken = 0;
  for (;; ++taken) {
    lab::Line item{};
    const lab::Wait wait = ring.pop_until(item, judge::soon());
    if (wait == lab::Wait::kDone) {
      explore::require(item == lab::Line::numbered(first + taken),
                       "every item that arrives is whole, and in its place");
      continue;
    }
    explore::require(wait == lab::Wait::kPeerGone || !was_seated, "the death of a producer is noticed");
    return taken;
  }
}

/// What one side does while it sits there; it notes what it is sure of.
using Work = void (*)(lab::Ring<lab::Line>&, RingOfLines&);

/// A sweep in which one side dies; who survives is still to be said.
[[nodiscard]] inline judge::Crash crash_of(RingOfLines& lines, lab::Side side, Work work) {
  return {.prepare = [&lines] { lines.make_anew(); },
          .victim =
              [&lines, side, work] {
                auto peer = lines.attach();
                peer.ring.take_seat(side, judge::in_good_time());
                work(peer.ring, lines);
                peer.ring.leave_seat(side);
              },
          .survivor = {}};
}

/// The seat of one that is gone, or never came, can be taken.
inline void succeed(lab::Ring<lab::Line>& ring, lab::Side side) {
  ring.take_seat(side, judge::soon());
  ring.leave_seat(side);
}
