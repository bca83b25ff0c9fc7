// Step 6: the ring goes on with a successor.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "keep_trying.hpp"
#include "ring.hpp"
#include "ring_memory.hpp"
#include "seats.hpp"
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
using ::testing::ElementsAre;

TEST(Death, LeavesTheRingToASuccessor) {
  judge::lesson(6, "the successor goes on at the position that the dead one reached; only an unpublished item is lost");
  const judge::SharedMemory memory;
  ASSERT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  EXPECT_THAT(subject([&]() -> bool {
                AttachedRing<Line> peer{memory};
                peer.ring.take_seat(Side::kProducer, judge::in_good_time());
                static_cast<void>(peer.ring.try_push(Line::numbered(0)));
                if (Line* slot = peer.ring.claim()) slot->words[3] = 1;  // dies in the middle of writing it
                die();
              }),
              DiesOf(SIGKILL));
  EXPECT_THAT(subject([&] {
                AttachedRing<Line> peer{memory};
                peer.ring.take_seat(Side::kProducer, judge::in_good_time());
                const bool pushed = peer.ring.try_push(Line::numbered(1)) && peer.ring.try_push(Line::numbered(2));
                peer.ring.leave_seat(Side::kProducer);
                return pushed;
              }),
              Returns(true));
  EXPECT_THAT(subject([&]() -> bool {
                AttachedRing<Line> peer{memory};
                peer.ring.take_seat(Side::kConsumer, judge::in_good_time());
                if (next_item(peer.ring, judge::in_good_time()) != 0) return false;
                die();
              }),
              DiesOf(SIGKILL));
  const auto rest = subject([&] {
    AttachedRing<Line> peer{memory};
    peer.ring.take_seat(Side::kConsumer, judge::in_good_time());
    const auto seen = all_items(peer.ring);
    peer.ring.leave_seat(Side::kConsumer);
    return seen;
  });
  EXPECT_THAT(rest, Returns(ElementsAre(1, 2, kPeerGone)));
}

TEST(Death, IsForgottenWhenASuccessorSits) {
  judge::lesson(6, "gone is who sat there, not the seat: with a living successor the consumer waits again");
  const judge::SharedMemory memory;
  ASSERT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  auto killed = producer_that_dies(memory, 0, 1);
  EXPECT_THAT(killed.outcome(), DiesOf(SIGKILL));
  judge::Rendezvous noticed;
  judge::Rendezvous seated;
  auto consumer = start(
      [&] {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kConsumer, judge::in_good_time());
        Numbers seen = all_items(peer.ring);
        noticed.arrive();
        seated.await(1);
        seen.push_back(next_item(peer.ring, judge::soon()));
        noticed.arrive();
        seen.push_back(next_item(peer.ring, judge::in_good_time()));
        peer.ring.leave_seat(Side::kConsumer);
        return seen;
      },
      {.name = "the consumer"});
  auto successor = start(
      [&] {
        AttachedRing<Line> peer{memory};
        noticed.await(1);
        peer.ring.take_seat(Side::kProducer, judge::in_good_time());
        seated.arrive();
        noticed.await(2);
        const bool pushed = peer.ring.try_push(Line::numbered(1));
        peer.ring.leave_seat(Side::kProducer);
        return pushed;
      },
      {.name = "the successor"});
  EXPECT_THAT(consumer.outcome(), Returns(ElementsAre(0, kPeerGone, kTimedOut, 1)));
  EXPECT_THAT(successor.outcome(), Returns(true));
}

}  // namespace
