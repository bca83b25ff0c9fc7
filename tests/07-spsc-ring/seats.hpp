#pragma once

#include <signal.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "keep_trying.hpp"
#include "ring.hpp"
#include "ring_memory.hpp"
#include "testing/deadlines.hpp"
#include "testing/memory.hpp"
#include "testing/subject.hpp"

using Numbers = std::vector<std::uint64_t>;

/// What a consumer saw: an item's number, or how waiting ended instead.
inline constexpr std::uint64_t kTimedOut = 1'000'001;
inline constexpr std::uint64_t kPeerGone = 1'000'002;

[[nodiscard]] inline std::uint64_t word_for(lab::Wait wait) {
  return wait == lab::Wait::kTimedOut ? kTimedOut : kPeerGone;
}

[[nodiscard]] inline std::uint64_t next_item(lab::Ring<lab::Line>& ring, shm::Deadline deadline) {
  lab::Line item{};
  const lab::Wait wait = ring.pop_until(item, deadline);
  return wait == lab::Wait::kDone ? number_of(item) : word_for(wait);
}

/// Takes items until there is none to come; the last word says why.
[[nodiscard]] inline Numbers all_items(lab::Ring<lab::Line>& ring) {
  Numbers seen;
  do seen.push_back(next_item(ring, judge::in_good_time()));
  while (seen.back() < kTimedOut && seen.size() < 1000);
  return seen;
}

[[noreturn]] inline void die() {
  ::raise(SIGKILL);
  std::abort();
}

/// Starts a subject that takes the producer's seat, pushes `count` items and is killed.
[[nodiscard]] inline auto producer_that_dies(const judge::SharedMemory& memory, std::uint64_t first,
                                             std::uint64_t count) {
  return judge::start(
      [&memory, first, count] {
        AttachedRing<lab::Line> peer{memory};
        peer.ring.take_seat(lab::Side::kProducer, judge::in_good_time());
        for (std::uint64_t i = first; i < first + count; ++i) {
          static_cast<void>(peer.ring.try_push(lab::Line::numbered(i)));
        }
        die();
      },
      {.name = "the producer"});
}
