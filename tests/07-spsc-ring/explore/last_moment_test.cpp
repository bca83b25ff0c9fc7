#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <system_error>

#include "explored_ring.hpp"
#include "shm/deadline.hpp"
#include "testing/lesson.hpp"

namespace ring_explore {
namespace {

using explore::Scenario;
using judge::EndsWell;
using judge::explored;
using lab::Side;
using lab::Small;
using lab::Wait;

// A ring may spin for long before it asks whether its peer is there.
const explore::Effort kManySpins{.insistence = 1'000};

/// When nobody else can go on, more time than this passes at once.
shm::Deadline in_half_an_hour() { return shm::Deadline::after(std::chrono::minutes{30}); }

// False when the deadline passes, however far away it is: a timed lock may time out in a scenario whenever one waits
// for it; and whoever asks for the dead by their process finds the scenario's own, which lives.
bool sits_down(lab::Ring<Small>& ring, Side side) {
  try {
    ring.take_seat(side, in_half_an_hour());
    return true;
  } catch (const std::system_error& error) {
    if (error.code().value() != EBUSY) throw;
    return false;
  }
}

void publish_one_and_die(lab::Ring<Small>& ring) {
  if (!sits_down(ring, Side::kProducer)) return;
  explore::require(ring.try_push(Small::numbered(1)), "a ring that is empty takes an item");
  explore::die();
}

// What the dead producer had published comes before the news of its death. The news may not come (see sits_down); that
// it does between processes is tested elsewhere.
void take_what_is_left(lab::Ring<Small>& ring) {
  Small item{};
  const Wait first = ring.pop_until(item, in_half_an_hour());
  explore::require(first != Wait::kPeerGone, "what was published is delivered, although its producer died");
  if (first != Wait::kDone) return;
  require_item(item, 1);
  explore::require(ring.pop_until(item, in_half_an_hour()) != Wait::kDone, "after the last item, no other comes");
}

TEST(LastMoment, WhatADyingProducerPublishedIsDelivered) {
  judge::lesson(6,
                "The producer may publish between our look at the ring and our look at it: so look at the ring once "
                "more when it is gone.");
  EXPECT_THAT(explored(
                  [](Scenario& s) {
                    auto& ring = ring_in<Small>(s, 2);
                    s.thread("the producer", [&] { publish_one_and_die(ring); });
                    s.thread("the consumer", [&] {
                      ring.take_seat(Side::kConsumer, in_half_an_hour());
                      take_what_is_left(ring);
                      ring.leave_seat(Side::kConsumer);
                    });
                  },
                  kManySpins),
              EndsWell());
}

TEST(LastMoment, AConsumerMaySucceedTheProducer) {
  judge::lesson(6, "Who notices a death must leave the seat so that somebody else can take it.");
  EXPECT_THAT(explored(
                  [](Scenario& s) {
                    auto& ring = ring_in<Small>(s, 2);
                    s.thread("the producer", [&] { publish_one_and_die(ring); });
                    s.thread("the consumer, then its successor", [&] {
                      ring.take_seat(Side::kConsumer, in_half_an_hour());
                      take_what_is_left(ring);
                      ring.leave_seat(Side::kConsumer);
                      if (!sits_down(ring, Side::kProducer)) return;
                      explore::require(ring.try_push(Small::numbered(2)),
                                       "a successor goes on where the dead one stopped");
                      ring.leave_seat(Side::kProducer);
                    });
                  },
                  kManySpins),
              EndsWell());
}

TEST(LastMoment, ASeatCanBeTakenOverMoreThanOnce) {
  judge::lesson(
      6, "A robust mutex that is unlocked after its owner's death without pthread_mutex_consistent is lost for ever.");
  EXPECT_THAT(explored(
                  [](Scenario& s) {
                    auto& ring = ring_in<Small>(s, 2);
                    s.thread("the producer", [&] { publish_one_and_die(ring); });
                    s.thread("two successors", [&] {
                      for (int i = 0; i < 2; ++i) {
                        if (!sits_down(ring, Side::kProducer)) return;
                        ring.leave_seat(Side::kProducer);
                      }
                    });
                  },
                  kManySpins),
              EndsWell());
}

}  // namespace
}  // namespace ring_explore
