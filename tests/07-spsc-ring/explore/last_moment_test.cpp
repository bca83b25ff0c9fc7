#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "explored_ring.hpp"
#include "shm/deadline.hpp"
#include "testing/lesson.hpp"

namespace ring_explore {
namespace {

using explore::Scenario;
using judge::explored;
using judge::IsProven;
using lab::Side;
using lab::Small;
using lab::Wait;

/// A ring may spin for long before it asks whether its peer is there.
const explore::Effort kManySpins{.insistence = 1'000};

shm::Deadline never() { return shm::Deadline::after(std::chrono::hours{24}); }

void publish_one_and_die(lab::Ring<Small>& ring) {
  ring.take_seat(Side::kProducer, never());
  explore::require(ring.try_push(Small::numbered(1)), "a ring that is empty takes an item");
  explore::die();
}

// Until nothing comes any more: what the dead producer had published, then that it is gone.
void take_what_is_left(lab::Ring<Small>& ring) {
  Small item{};
  explore::require(ring.pop_until(item, never()) == Wait::kDone,
                   "what was published is delivered, although its producer died");
  require_item(item, 1);
  explore::require(ring.pop_until(item, never()) == Wait::kPeerGone,
                   "after the last item, the producer is known to be gone");
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
                      ring.take_seat(Side::kConsumer, never());
                      take_what_is_left(ring);
                      ring.leave_seat(Side::kConsumer);
                    });
                  },
                  kManySpins),
              IsProven());
}

TEST(LastMoment, AConsumerMaySucceedTheProducer) {
  judge::lesson(6, "Who notices a death must leave the seat so that somebody else can take it.");
  EXPECT_THAT(explored(
                  [](Scenario& s) {
                    auto& ring = ring_in<Small>(s, 2);
                    s.thread("the producer", [&] { publish_one_and_die(ring); });
                    s.thread("the consumer, then its successor", [&] {
                      ring.take_seat(Side::kConsumer, never());
                      take_what_is_left(ring);
                      ring.leave_seat(Side::kConsumer);
                      ring.take_seat(Side::kProducer, never());
                      explore::require(ring.try_push(Small::numbered(2)),
                                       "a successor goes on where the dead one stopped");
                      ring.leave_seat(Side::kProducer);
                    });
                  },
                  kManySpins),
              IsProven());
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
                        ring.take_seat(Side::kProducer, never());
                        ring.leave_seat(Side::kProducer);
                      }
                    });
                  },
                  kManySpins),
              IsProven());
}

}  // namespace
}  // namespace ring_explore
