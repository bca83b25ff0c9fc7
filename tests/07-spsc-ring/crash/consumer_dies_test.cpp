// The consumer dies at each of its crash points; another one goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "crashes.hpp"
#include "testing/lesson.hpp"

namespace ring_crash {
namespace {

using judge::crash_sweep;
using judge::IsSurvived;
using lab::Line;
using lab::Ring;
using lab::Side;

constexpr std::uint64_t kItems = 3;

// Takes what is left: at most the one call in which the last consumer died was done without our knowing.
void go_on(Ring<Line>& ring, RingOfLines& lines, std::uint64_t at_once) {
  ring.take_seat(Side::kConsumer, judge::soon());
  Line item{};
  while (ring.try_pop(item)) {
    const std::uint64_t number = item.number();
    explore::require(item == Line::numbered(number), "every item that arrives is whole");
    explore::require(number > lines.done() && number <= lines.done() + at_once + 1,
                     "every item is there until it is taken");
    lines.done(number - lines.done());
  }
  explore::require(lines.done() + at_once >= kItems, "nothing is lost with a consumer");
  ring.leave_seat(Side::kConsumer);
}

judge::Outcome<judge::CrashSweep> consumer_sweep(RingOfLines& lines, Work pop, std::uint64_t at_once) {
  judge::Crash crash = crash_of(lines, Side::kConsumer, pop);
  crash.survivor = [&lines, at_once] {
    auto peer = lines.attach();
    go_on(peer.ring, lines, at_once);
  };
  crash.survivor_dies_too = true;
  crash.victim_name = "the consumer";
  crash.survivor_name = "its successor";
  return crash_sweep(crash);
}

TEST(ConsumerDies, InTheMiddleOfAPop) {
  judge::lesson(6, "An item stays in its slot until the position says that it was taken: a successor finds it there.");
  RingOfLines lines{4, 2, kItems};
  EXPECT_THAT(consumer_sweep(
                  lines,
                  [](Ring<Line>& ring, RingOfLines& progress) {
                    Line item{};
                    if (ring.try_pop(item)) progress.done(1);
                  },
                  1),
              IsSurvived());
}

TEST(ConsumerDies, InTheMiddleOfABatch) {
  judge::lesson(6, "A batch is given back by one store: a successor finds all of it, or none.");
  RingOfLines lines{4, 2, kItems};
  EXPECT_THAT(consumer_sweep(
                  lines,
                  [](Ring<Line>& ring, RingOfLines& progress) {
                    std::array<Line, 2> items{};
                    progress.done(ring.pop_many(items));
                  },
                  2),
              IsSurvived());
}

}  // namespace
}  // namespace ring_crash
