// Step 6: waiting for a peer that lives, or has not come yet.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

#include "keep_trying.hpp"
#include "ring.hpp"
#include "ring_memory.hpp"
#include "seats.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/rendezvous.hpp"
#include "testing/subject.hpp"

namespace {

using judge::Returns;
using judge::ReturnsNormally;
using judge::start;
using judge::subject;
using lab::Line;
using lab::Side;
using lab::Wait;
using ::testing::ElementsAre;

TEST(Waiting, EndsAtTheDeadlineWhenNobodyHasCome) {
  judge::lesson(6, "a peer that has not come yet is not gone: it is waited for, but not for ever");
  const auto seen = subject([] {
    PrivateRing<Line> made{1};
    made.ring.take_seat(Side::kConsumer, judge::in_good_time());
    const auto pop_deadline = judge::soon();
    const auto popped = next_item(made.ring, pop_deadline);
    const bool waited_to_pop = pop_deadline.passed();
    made.ring.leave_seat(Side::kConsumer);
    made.ring.take_seat(Side::kProducer, judge::in_good_time());
    Line item = Line::numbered(5);
    const bool pushed = made.ring.push_until(item, judge::in_good_time()) == Wait::kDone;
    made.ring.leave_seat(Side::kProducer);
    return Numbers{popped, waited_to_pop, pushed};
  });
  EXPECT_THAT(seen, Returns(ElementsAre(kTimedOut, 1, 1)));
}

TEST(Waiting, EndsAtTheDeadlineWhileThePeerLives) {
  judge::lesson(6, "a peer that is slow is not dead");
  const judge::SharedMemory memory;
  ASSERT_THAT(make_ring<Line>(memory, 1), ReturnsNormally());
  judge::Rendezvous seated;
  judge::Rendezvous waited;
  auto producer = start(
      [&] {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kProducer, judge::in_good_time());
        seated.meet(2);
        waited.await(1);
        const Wait first = peer.ring.push_until(Line::numbered(1), judge::in_good_time());
        const Wait second = peer.ring.push_until(Line::numbered(2), judge::soon());
        seated.arrive();
        waited.await(2);
        peer.ring.leave_seat(Side::kProducer);
        return Numbers{first == Wait::kDone, word_for(second)};
      },
      {.name = "the producer"});
  auto consumer = start(
      [&] {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kConsumer, judge::in_good_time());
        seated.meet(2);
        const auto empty = next_item(peer.ring, judge::soon());
        waited.arrive();
        seated.await(3);
        waited.arrive();
        const auto item = next_item(peer.ring, judge::in_good_time());
        peer.ring.leave_seat(Side::kConsumer);
        return Numbers{empty, item};
      },
      {.name = "the consumer"});
  EXPECT_THAT(consumer.outcome(), Returns(ElementsAre(kTimedOut, 1)));
  EXPECT_THAT(producer.outcome(), Returns(ElementsAre(1, kTimedOut)));
}

TEST(Waiting, HandsOverEveryItemThroughTwoSlots) {
  judge::lesson(6, "a small ring is full and empty all the time, so both sides wait again and again");
  const judge::SharedMemory memory;
  const auto count = judge::as_many_as_suits(200);
  ASSERT_THAT(make_ring<Line>(memory, 2), ReturnsNormally());
  auto producer = start(
      [&] {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kProducer, judge::in_good_time());
        std::uint64_t pushed = 0;
        while (pushed < count && peer.ring.push_until(Line::numbered(pushed), judge::in_good_time()) == Wait::kDone)
          ++pushed;
        peer.ring.leave_seat(Side::kProducer);
        return pushed;
      },
      {.name = "the producer"});
  auto consumer = start(
      [&] {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kConsumer, judge::in_good_time());
        Numbers seen;
        while (seen.size() < count) {
          const auto item = next_item(peer.ring, judge::in_good_time());
          if (item == kTimedOut || item == kPeerGone) break;
          seen.push_back(item);
        }
        peer.ring.leave_seat(Side::kConsumer);
        return seen;
      },
      {.name = "the consumer"});
  EXPECT_THAT(consumer.outcome(), Returns(numbers_below(count)));
  EXPECT_THAT(producer.outcome(), Returns(count));
}

}  // namespace
