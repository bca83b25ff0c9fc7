// Step 6: who works on which side, and what happens when that one dies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "keep_trying.hpp"
#include "ring.hpp"
#include "ring_memory.hpp"
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
using judge::ThrowsErrno;
using lab::Line;
using lab::Side;
using lab::Wait;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using Numbers = std::vector<std::uint64_t>;

// What a consumer saw: an item's number, or how waiting ended instead.
constexpr std::uint64_t kTimedOut = 1'000'001;
constexpr std::uint64_t kPeerGone = 1'000'002;

std::uint64_t word_for(Wait wait) { return wait == Wait::kTimedOut ? kTimedOut : kPeerGone; }

shm::Deadline soon() { return shm::Deadline::after(judge::patience(milliseconds{40})); }

std::uint64_t next_item(lab::Ring<Line>& ring, shm::Deadline deadline) {
  Line item{};
  const Wait wait = ring.pop_until(item, deadline);
  return wait == Wait::kDone ? number_of(item) : word_for(wait);
}

// Takes items until there is none to come.
Numbers all_items(lab::Ring<Line>& ring) {
  Numbers seen;
  do seen.push_back(next_item(ring, in_good_time()));
  while (seen.back() < kTimedOut && seen.size() < 1000);
  return seen;
}

[[noreturn]] void die() {
  ::raise(SIGKILL);
  std::abort();
}

// A subject that takes the seat, pushes these items and is killed.
auto producer_that_dies(const SharedMemory& memory, std::uint64_t first, std::uint64_t count) {
  return start(
      [&memory, first, count] {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kProducer, in_good_time());
        for (std::uint64_t i = first; i < first + count; ++i) static_cast<void>(peer.ring.try_push(Line::numbered(i)));
        die();
      },
      {.name = "the producer"});
}

TEST(Seat, IsRefusedWhileItsOwnerLives) {
  judge::lesson(6, "two producers write to the same slot: the second must be told, at once or when its patience ends");
  const SharedMemory memory;
  EXPECT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  judge::Rendezvous seated;
  judge::Rendezvous tried;
  auto owner = start([&] {
    AttachedRing<Line> peer{memory};
    peer.ring.take_seat(Side::kProducer, in_good_time());
    seated.arrive();
    tried.await(1);
    peer.ring.leave_seat(Side::kProducer);
  });
  const auto second = subject([&] {
    AttachedRing<Line> peer{memory};
    seated.await(1);
    peer.ring.take_seat(Side::kProducer, soon());
  });
  EXPECT_THAT(second, ThrowsErrno(EBUSY));
  tried.arrive();
  EXPECT_THAT(owner.outcome(), ReturnsNormally());
}

TEST(Seat, OfTheOtherSideIsAnotherSeat) {
  judge::lesson(6, "one process may be both, and a producer does not keep a consumer away");
  const auto done = subject([] {
    PrivateRing<Line> made{8};
    made.ring.take_seat(Side::kProducer, in_good_time());
    made.ring.take_seat(Side::kConsumer, in_good_time());
    made.ring.leave_seat(Side::kConsumer);
    made.ring.leave_seat(Side::kProducer);
    return true;
  });
  EXPECT_THAT(done, Returns(true));
}

TEST(Seat, ThatWasLeftCanBeTaken) {
  judge::lesson(6, "a process that ends in good order makes room for its successor");
  const SharedMemory memory;
  EXPECT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(subject([&] {
                  AttachedRing<Line> peer{memory};
                  peer.ring.take_seat(Side::kConsumer, in_good_time());
                  peer.ring.leave_seat(Side::kConsumer);
                  return true;
                }),
                Returns(true));
  }
}

TEST(Seat, IsWaitedForUntilItIsLeft) {
  judge::lesson(6, "a successor that starts a moment too early waits for its predecessor to leave");
  const SharedMemory memory;
  EXPECT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  judge::Rendezvous seated;
  auto first = start([&] {
    AttachedRing<Line> peer{memory};
    peer.ring.take_seat(Side::kConsumer, in_good_time());
    seated.meet(2);
    peer.ring.leave_seat(Side::kConsumer);
  });
  auto second = start([&] {
    AttachedRing<Line> peer{memory};
    seated.meet(2);
    peer.ring.take_seat(Side::kConsumer, in_good_time());
    peer.ring.leave_seat(Side::kConsumer);
  });
  EXPECT_THAT(second.outcome(), ReturnsNormally());
  EXPECT_THAT(first.outcome(), ReturnsNormally());
}

TEST(Seat, IsLeftOnlyByItsOwner) {
  judge::lesson(6, "somebody who never sat there must not make the peer believe that the owner has gone");
  const SharedMemory memory;
  EXPECT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
#ifndef __SANITIZE_THREAD__  // ThreadSanitizer calls it a mistake to try, whatever the C library answers
  EXPECT_THAT(subject([&] { AttachedRing<Line>{memory}.ring.leave_seat(Side::kProducer); }), ThrowsErrno(EPERM));
#endif
}

TEST(Seat, OfADeadProcessCanBeTaken) {
  judge::lesson(6, "a killed process leaves nothing tidy behind; its successor must still get the seat");
  const SharedMemory memory;
  EXPECT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  for (int i = 0; i < 2; ++i) {
    auto killed = producer_that_dies(memory, 0, 0);
    EXPECT_THAT(killed.outcome(), DiesOf(SIGKILL));
  }
  EXPECT_THAT(subject([&] {
                AttachedRing<Line> peer{memory};
                for (int i = 0; i < 2; ++i) {
                  peer.ring.take_seat(Side::kProducer, in_good_time());
                  peer.ring.leave_seat(Side::kProducer);
                }
                return true;
              }),
              Returns(true));
}

TEST(Waiting, EndsAtTheDeadlineWhenNobodyHasCome) {
  judge::lesson(6, "a peer that has not come yet is not gone: it is waited for, but not for ever");
  const auto seen = subject([] {
    PrivateRing<Line> made{1};
    made.ring.take_seat(Side::kConsumer, in_good_time());
    const auto pop_deadline = soon();
    const auto popped = next_item(made.ring, pop_deadline);
    const bool waited_to_pop = pop_deadline.passed();
    made.ring.leave_seat(Side::kConsumer);
    made.ring.take_seat(Side::kProducer, in_good_time());
    Line item = Line::numbered(5);
    const bool pushed = made.ring.push_until(item, in_good_time()) == Wait::kDone;
    made.ring.leave_seat(Side::kProducer);
    return Numbers{popped, waited_to_pop, pushed};
  });
  EXPECT_THAT(seen, Returns(ElementsAre(kTimedOut, 1, 1)));
}

TEST(Waiting, EndsAtTheDeadlineWhileThePeerLives) {
  judge::lesson(6, "a peer that is slow is not dead");
  const SharedMemory memory;
  EXPECT_THAT(make_ring<Line>(memory, 1), ReturnsNormally());
  judge::Rendezvous seated;
  judge::Rendezvous waited;
  auto producer = start(
      [&] {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kProducer, in_good_time());
        seated.meet(2);
        waited.await(1);
        const Wait first = peer.ring.push_until(Line::numbered(1), in_good_time());
        const Wait second = peer.ring.push_until(Line::numbered(2), soon());
        seated.arrive();
        waited.await(2);
        peer.ring.leave_seat(Side::kProducer);
        return Numbers{first == Wait::kDone, word_for(second)};
      },
      {.name = "the producer"});
  auto consumer = start(
      [&] {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kConsumer, in_good_time());
        seated.meet(2);
        const auto empty = next_item(peer.ring, soon());
        waited.arrive();
        seated.await(3);
        waited.arrive();
        const auto item = next_item(peer.ring, in_good_time());
        peer.ring.leave_seat(Side::kConsumer);
        return Numbers{empty, item};
      },
      {.name = "the consumer"});
  EXPECT_THAT(consumer.outcome(), Returns(ElementsAre(kTimedOut, 1)));
  EXPECT_THAT(producer.outcome(), Returns(ElementsAre(1, kTimedOut)));
}

TEST(Waiting, HandsOverEveryItemThroughTwoSlots) {
  judge::lesson(6, "a small ring is full and empty all the time, so both sides wait again and again");
  const SharedMemory memory;
  const auto count = as_many_as_suits(200);
  EXPECT_THAT(make_ring<Line>(memory, 2), ReturnsNormally());
  auto producer = start(
      [&] {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kProducer, in_good_time());
        std::uint64_t pushed = 0;
        while (pushed < count && peer.ring.push_until(Line::numbered(pushed), in_good_time()) == Wait::kDone) ++pushed;
        peer.ring.leave_seat(Side::kProducer);
        return pushed;
      },
      {.name = "the producer"});
  auto consumer = start(
      [&] {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kConsumer, in_good_time());
        Numbers seen;
        while (seen.size() < count) {
          const auto item = next_item(peer.ring, in_good_time());
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

TEST(Death, OfTheProducerIsNoticed) {
  judge::lesson(6, "a consumer that waits for a dead producer waits for ever");
  const SharedMemory memory;
  EXPECT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  judge::Rendezvous ready;
  auto consumer = start(
      [&] {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kConsumer, in_good_time());
        ready.arrive();
        const auto seen = all_items(peer.ring);
        peer.ring.leave_seat(Side::kConsumer);
        return seen;
      },
      {.name = "the consumer"});
  static_cast<void>(ready.try_await(1));
  // Not waited for before the consumer has answered: its process stays a zombie, whose pid still "exists".
  auto producer = producer_that_dies(memory, 0, 3);
  EXPECT_THAT(consumer.outcome(), Returns(ElementsAre(0, 1, 2, kPeerGone)));
  EXPECT_THAT(producer.outcome(), DiesOf(SIGKILL));
}

TEST(Death, LosesNothingThatWasPublished) {
  judge::lesson(6, "the producer is dead, its items are not: all of them are delivered before anybody says so");
  const SharedMemory memory;
  EXPECT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  auto producer = producer_that_dies(memory, 0, 5);
  EXPECT_THAT(producer.outcome(), DiesOf(SIGKILL));
  const auto seen = subject([&] {
    AttachedRing<Line> peer{memory};
    peer.ring.take_seat(Side::kConsumer, in_good_time());
    const auto items = all_items(peer.ring);
    peer.ring.leave_seat(Side::kConsumer);
    return items;
  });
  EXPECT_THAT(seen, Returns(ElementsAre(0, 1, 2, 3, 4, kPeerGone)));
}

TEST(Death, IsReportedOnlyAfterALastLook) {
  judge::lesson(6, "between \"the ring is empty\" and \"the producer is dead\" it may have published: look once more");
  const SharedMemory memory;
  EXPECT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  judge::gate::Gate before_the_look{{"pthread_mutex_trylock", "pthread_mutex_lock", "pthread_mutex_timedlock",
                                     "pthread_mutex_clocklock", "poll", "kill"},
                                    judge::gate::When::kBefore};
  judge::Rendezvous seated;
  auto producer = start(
      [&] {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kProducer, in_good_time());
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
        peer.ring.take_seat(Side::kConsumer, in_good_time());
        seated.await(1);
        Numbers seen;
        {
          const auto armed = before_the_look.arm();
          seen.push_back(next_item(peer.ring, shm::Deadline::after(judge::patience(milliseconds{1500}))));
        }
        // A ring that notices deaths without any of those calls comes here when its deadline passes.
        if (seen.back() == kTimedOut) seen.back() = next_item(peer.ring, in_good_time());
        seen.push_back(next_item(peer.ring, in_good_time()));
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
  const SharedMemory memory;
  EXPECT_THAT(make_ring<Line>(memory, 2), ReturnsNormally());
  judge::Rendezvous full;
  auto producer = start(
      [&] {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kProducer, in_good_time());
        Numbers done;
        for (std::uint64_t i = 0; i < 2; ++i) {
          done.push_back(peer.ring.push_until(Line::numbered(i), in_good_time()) == Wait::kDone);
        }
        full.arrive();
        for (std::uint64_t i = 2; i < 4; ++i) {
          const Wait wait = peer.ring.push_until(Line::numbered(i), in_good_time());
          done.push_back(wait == Wait::kDone ? 1 : word_for(wait));
        }
        peer.ring.leave_seat(Side::kProducer);
        return done;
      },
      {.name = "the producer"});
  auto consumer = start(
      [&]() -> bool {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kConsumer, in_good_time());
        full.await(1);
        static_cast<void>(next_item(peer.ring, in_good_time()));
        die();
      },
      {.name = "the consumer"});
  EXPECT_THAT(producer.outcome(), Returns(ElementsAre(1, 1, 1, kPeerGone)));
  EXPECT_THAT(consumer.outcome(), DiesOf(SIGKILL));
}

TEST(Death, LeavesTheRingToASuccessor) {
  judge::lesson(6, "the successor goes on at the position that the dead one reached; only an unpublished item is lost");
  const SharedMemory memory;
  EXPECT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  EXPECT_THAT(subject([&]() -> bool {
                AttachedRing<Line> peer{memory};
                peer.ring.take_seat(Side::kProducer, in_good_time());
                static_cast<void>(peer.ring.try_push(Line::numbered(0)));
                if (Line* slot = peer.ring.claim()) slot->words[3] = 1;  // dies in the middle of writing it
                die();
              }),
              DiesOf(SIGKILL));
  EXPECT_THAT(subject([&] {
                AttachedRing<Line> peer{memory};
                peer.ring.take_seat(Side::kProducer, in_good_time());
                const bool pushed = peer.ring.try_push(Line::numbered(1)) && peer.ring.try_push(Line::numbered(2));
                peer.ring.leave_seat(Side::kProducer);
                return pushed;
              }),
              Returns(true));
  EXPECT_THAT(subject([&]() -> bool {
                AttachedRing<Line> peer{memory};
                peer.ring.take_seat(Side::kConsumer, in_good_time());
                if (next_item(peer.ring, in_good_time()) != 0) return false;
                die();
              }),
              DiesOf(SIGKILL));
  const auto rest = subject([&] {
    AttachedRing<Line> peer{memory};
    peer.ring.take_seat(Side::kConsumer, in_good_time());
    const auto seen = all_items(peer.ring);
    peer.ring.leave_seat(Side::kConsumer);
    return seen;
  });
  EXPECT_THAT(rest, Returns(ElementsAre(1, 2, kPeerGone)));
}

TEST(Death, IsForgottenWhenASuccessorSits) {
  judge::lesson(6, "gone is who sat there, not the seat: with a living successor the consumer waits again");
  const SharedMemory memory;
  EXPECT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  auto killed = producer_that_dies(memory, 0, 1);
  EXPECT_THAT(killed.outcome(), DiesOf(SIGKILL));
  judge::Rendezvous noticed;
  judge::Rendezvous seated;
  auto consumer = start(
      [&] {
        AttachedRing<Line> peer{memory};
        peer.ring.take_seat(Side::kConsumer, in_good_time());
        Numbers seen = all_items(peer.ring);
        noticed.arrive();
        seated.await(1);
        seen.push_back(next_item(peer.ring, soon()));
        noticed.arrive();
        seen.push_back(next_item(peer.ring, in_good_time()));
        peer.ring.leave_seat(Side::kConsumer);
        return seen;
      },
      {.name = "the consumer"});
  auto successor = start(
      [&] {
        AttachedRing<Line> peer{memory};
        noticed.await(1);
        peer.ring.take_seat(Side::kProducer, in_good_time());
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

TEST(Leaving, IsNoticedAfterTheLastItem) {
  judge::lesson(6, "a producer that is done leaves; the consumer takes the rest and hears that no more will come");
  const SharedMemory memory;
  EXPECT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  EXPECT_THAT(subject([&] {
                AttachedRing<Line> peer{memory};
                peer.ring.take_seat(Side::kProducer, in_good_time());
                const bool pushed = peer.ring.try_push(Line::numbered(0)) && peer.ring.try_push(Line::numbered(1));
                peer.ring.leave_seat(Side::kProducer);
                return pushed;
              }),
              Returns(true));
  const auto seen = subject([&] {
    AttachedRing<Line> peer{memory};
    peer.ring.take_seat(Side::kConsumer, in_good_time());
    const auto items = all_items(peer.ring);
    peer.ring.leave_seat(Side::kConsumer);
    return items;
  });
  EXPECT_THAT(seen, Returns(ElementsAre(0, 1, kPeerGone)));
}

}  // namespace
