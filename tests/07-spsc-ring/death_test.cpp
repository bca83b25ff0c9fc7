// Step 6: what the survivor hears when its peer died or left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdint>

#include "keep_trying.hpp"
#include "ring.hpp"
#include "ring_memory.hpp"
#include "seats.hpp"
#include "testing/gate.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/rendezvous.hpp"
#include "testing/subject.hpp"

namespace {

using judge::DiesOf;
using judge::Returns;
using judge::ReturnsNormally;
using judge::start;
using judge::subject;
using lab::Line;
using lab::Side;
using lab::Wait;
using std::chrono::milliseconds;
using ::testing::ElementsAre;

TEST(Death, OfTheProducerIsNoticed) {
  judge::lesson(6, "a consumer that waits for a dead producer waits for ever");
  const judge::SharedMemory memory;
  ASSERT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  auto consumer = start(
      [&] {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kConsumer, judge::in_good_time());
        const auto seen = all_items(peer.ring);
        peer.ring.leave_seat(Side::kConsumer);
        return seen;
      },
      {.name = "the consumer"});
  // Not waited for before the consumer has answered: its process stays a zombie, whose pid still "exists".
  auto producer = producer_that_dies(memory, 0, 3);
  EXPECT_THAT(consumer.outcome(), Returns(ElementsAre(0, 1, 2, kPeerGone)));
  EXPECT_THAT(producer.outcome(), DiesOf(SIGKILL));
}

TEST(Death, LosesNothingThatWasPublished) {
  judge::lesson(6, "the producer is dead, its items are not: all of them are delivered before anybody says so");
  const judge::SharedMemory memory;
  ASSERT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  auto producer = producer_that_dies(memory, 0, 5);
  EXPECT_THAT(producer.outcome(), DiesOf(SIGKILL));
  const auto seen = subject([&] {
    AttachedRing<Line> peer{memory};
    peer.ring.take_seat(Side::kConsumer, judge::in_good_time());
    const auto items = all_items(peer.ring);
    peer.ring.leave_seat(Side::kConsumer);
    return items;
  });
  EXPECT_THAT(seen, Returns(ElementsAre(0, 1, 2, 3, 4, kPeerGone)));
}

TEST(Death, IsReportedOnlyAfterALastLook) {
  judge::lesson(6, "between \"the ring is empty\" and \"the producer is dead\" it may have published: look once more");
  const judge::SharedMemory memory;
  ASSERT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  judge::gate::Gate before_the_look{{"pthread_mutex_trylock", "pthread_mutex_lock", "pthread_mutex_timedlock",
                                     "pthread_mutex_clocklock", "poll", "kill"},
                                    judge::gate::When::kBefore};
  judge::Rendezvous seated;
  auto producer = start(
      [&] {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kProducer, judge::in_good_time());
        seated.arrive();
        // The consumer has found the ring empty and is about to find out whether we live.
        before_the_look.await_arrival();
        static_cast<void>(peer.ring.try_push(Line::numbered(42)));
        die();
      },
      {.name = "the producer"});
  auto consumer = start(
      [&] {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kConsumer, judge::in_good_time());
        seated.await(1);
        Numbers seen;
        {
          const auto armed = before_the_look.arm();
          seen.push_back(next_item(peer.ring, shm::Deadline::after(judge::patience(milliseconds{1500}))));
        }
        // A ring that notices deaths without any of those calls comes here when its deadline passes.
        if (seen.back() == kTimedOut) seen.back() = next_item(peer.ring, judge::in_good_time());
        seen.push_back(next_item(peer.ring, judge::in_good_time()));
        peer.ring.leave_seat(Side::kConsumer);
        return seen;
      },
      {.name = "the consumer"});
  EXPECT_THAT(producer.outcome(), DiesOf(SIGKILL));
  before_the_look.open();
  EXPECT_THAT(consumer.outcome(), Returns(ElementsAre(42, kPeerGone)));
}

TEST(Death, OfTheConsumerIsNoticed) {
  judge::lesson(6, "a producer in front of a full ring waits for a consumer that will never make room");
  const judge::SharedMemory memory;
  ASSERT_THAT(make_ring<Line>(memory, 2), ReturnsNormally());
  judge::Rendezvous full;
  auto producer = start(
      [&] {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kProducer, judge::in_good_time());
        Numbers done;
        for (std::uint64_t i = 0; i < 2; ++i) {
          done.push_back(peer.ring.push_until(Line::numbered(i), judge::in_good_time()) == Wait::kDone);
        }
        full.arrive();
        for (std::uint64_t i = 2; i < 4; ++i) {
          const Wait wait = peer.ring.push_until(Line::numbered(i), judge::in_good_time());
          done.push_back(wait == Wait::kDone ? 1 : word_for(wait));
        }
        peer.ring.leave_seat(Side::kProducer);
        return done;
      },
      {.name = "the producer"});
  auto consumer = start(
      [&]() -> bool {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kConsumer, judge::in_good_time());
        full.await(1);
        static_cast<void>(next_item(peer.ring, judge::in_good_time()));
        die();
      },
      {.name = "the consumer"});
  EXPECT_THAT(producer.outcome(), Returns(ElementsAre(1, 1, 1, kPeerGone)));
  EXPECT_THAT(consumer.outcome(), DiesOf(SIGKILL));
}

TEST(Leaving, IsNoticedAfterTheLastItem) {
  judge::lesson(6, "a producer that is done leaves; the consumer takes the rest and hears that no more will come");
  const judge::SharedMemory memory;
  ASSERT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  EXPECT_THAT(subject([&] {
                AttachedRing<Line> peer{memory};
                peer.ring.take_seat(Side::kProducer, judge::in_good_time());
                const bool pushed = peer.ring.try_push(Line::numbered(0)) && peer.ring.try_push(Line::numbered(1));
                peer.ring.leave_seat(Side::kProducer);
                return pushed;
              }),
              Returns(true));
  const auto seen = subject([&] {
    AttachedRing<Line> peer{memory};
    peer.ring.take_seat(Side::kConsumer, judge::in_good_time());
    const auto items = all_items(peer.ring);
    peer.ring.leave_seat(Side::kConsumer);
    return items;
  });
  EXPECT_THAT(seen, Returns(ElementsAre(0, 1, kPeerGone)));
}

}  // namespace
