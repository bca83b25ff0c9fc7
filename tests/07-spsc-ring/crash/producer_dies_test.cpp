// The producer dies at each of its crash points; a consumer takes what is left, then a successor goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <span>

#include "crashes.hpp"
#include "testing/lesson.hpp"

namespace ring_crash {
namespace {

using judge::crash_sweep;
using judge::IsSurvived;
using lab::Line;
using lab::Ring;
using lab::Side;

/// @param push  pushes items numbered from 1 on, `batch` at a time, and notes what it is sure of
judge::Outcome<judge::CrashSweep> producer_sweep(RingOfLines& lines, Work push, std::uint64_t batch) {
  judge::Crash crash = crash_of(lines, Side::kProducer, push);
  crash.survivor = [&lines, batch] {
    auto peer = lines.attach();
    peer.ring.take_seat(Side::kConsumer, judge::in_good_time());
    const std::uint64_t taken = take_all(peer.ring, 1, lines.done() > 0);
    explore::require(taken >= lines.done(), "nothing that was published is lost");
    explore::require(taken % batch == 0, "a batch is published as a whole or not at all");
    succeed(peer.ring, Side::kProducer);
    explore::require(peer.ring.try_push(Line::numbered(100)), "a successor goes on");
    explore::require(take_all(peer.ring, 100, false) == 1, "what a successor pushes arrives");
    peer.ring.leave_seat(Side::kConsumer);
  };
  crash.victim_name = "the producer";
  crash.survivor_name = "the consumer";
  return crash_sweep(crash);
}

TEST(ProducerDies, InTheMiddleOfAPush) {
  judge::lesson(
      6, "A producer may die when half of an item is copied: it is published when all of it is there, or never.");
  RingOfLines lines{2};
  EXPECT_THAT(producer_sweep(
                  lines,
                  [](Ring<Line>& ring, RingOfLines& progress) {
                    for (std::uint64_t number = 1; number <= 2; ++number) {
                      if (ring.try_push(Line::numbered(number))) progress.done(1);
                    }
                  },
                  1),
              IsSurvived());
}

TEST(ProducerDies, InTheMiddleOfABatch) {
  judge::lesson(6,
                "A batch that goes on at the start of the ring is two copies and one publish: a death between them "
                "shows nothing.");
  RingOfLines lines{4, 2};
  EXPECT_THAT(producer_sweep(
                  lines,
                  [](Ring<Line>& ring, RingOfLines& progress) {
                    const std::array items{Line::numbered(1), Line::numbered(2), Line::numbered(3)};
                    progress.done(ring.push_many(items));
                  },
                  3),
              IsSurvived());
}

TEST(ProducerDies, WhileItWritesInPlace) {
  judge::lesson(6, "A slot that was claimed and not published belongs to the successor.");
  RingOfLines lines{2};
  EXPECT_THAT(producer_sweep(
                  lines,
                  [](Ring<Line>& ring, RingOfLines& progress) {
                    for (std::uint64_t number = 1; number <= 2; ++number) {
                      Line* const slot = ring.claim();
                      if (slot == nullptr) return;
                      *slot = Line::numbered(number);
                      ring.publish();
                      progress.done(1);
                    }
                  },
                  1),
              IsSurvived());
}

}  // namespace
}  // namespace ring_crash
