// Step 6: who works on which side.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>

#include "keep_trying.hpp"
#include "ring.hpp"
#include "ring_memory.hpp"
#include "seats.hpp"
#include "testing/gate.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/rendezvous.hpp"
#include "testing/subject.hpp"
#include "testing/watched.hpp"

namespace {

using judge::DiesOf;
using judge::Returns;
using judge::ReturnsNormally;
using judge::start;
using judge::subject;
using judge::ThrowsErrno;
using lab::Line;
using lab::Side;

TEST(Seat, IsRefusedWhileItsOwnerLives) {
  judge::lesson(6, "two producers write to the same slot: the second must be told, at once or when its patience ends");
  const judge::SharedMemory memory;
  ASSERT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  judge::Rendezvous seated;
  judge::Rendezvous tried;
  auto owner = start([&] {
    AttachedRing<Line> peer{memory};
    peer.ring.take_seat(Side::kProducer, judge::in_good_time());
    seated.arrive();
    tried.await(1);
    peer.ring.leave_seat(Side::kProducer);
  });
  const auto second = subject([&] {
    AttachedRing<Line> peer{memory};
    seated.await(1);
    peer.ring.take_seat(Side::kProducer, judge::soon());
  });
  EXPECT_THAT(second, ThrowsErrno(EBUSY));
  tried.arrive();
  EXPECT_THAT(owner.outcome(), ReturnsNormally());
}

TEST(Seat, OfTheOtherSideIsAnotherSeat) {
  judge::lesson(6, "one process may be both, and a producer does not keep a consumer away");
  const auto done = subject([] {
    PrivateRing<Line> made{8};
    made.ring.take_seat(Side::kProducer, judge::in_good_time());
    made.ring.take_seat(Side::kConsumer, judge::in_good_time());
    made.ring.leave_seat(Side::kConsumer);
    made.ring.leave_seat(Side::kProducer);
    return true;
  });
  EXPECT_THAT(done, Returns(true));
}

TEST(Seat, ThatWasLeftCanBeTaken) {
  judge::lesson(6, "a process that ends in good order makes room for its successor");
  const judge::SharedMemory memory;
  ASSERT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(subject([&] {
                  AttachedRing<Line> peer{memory};
                  peer.ring.take_seat(Side::kConsumer, judge::in_good_time());
                  peer.ring.leave_seat(Side::kConsumer);
                  return true;
                }),
                Returns(true));
  }
}

TEST(Seat, IsWaitedForUntilItIsLeft) {
  judge::lesson(6, "a successor that starts a moment too early waits for its predecessor to leave");
  const judge::SharedMemory memory;
  ASSERT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  judge::Rendezvous seated;
  // The successor has seen that the seat is taken, and stands there; or it sleeps until the seat is free.
  judge::gate::Gate behind_the_look{
      {"pthread_mutex_trylock", "poll", "kill", "sched_yield", "nanosleep", "clock_nanosleep", "usleep"},
      judge::gate::When::kAfter};
  const judge::Watched successor;
  auto first = start([&] {
    AttachedRing<Line> peer{memory};
    peer.ring.take_seat(Side::kConsumer, judge::in_good_time());
    seated.arrive();
    successor.await_sleep();
    peer.ring.leave_seat(Side::kConsumer);
    behind_the_look.open();
  });
  auto second = start([&] {
    AttachedRing<Line> peer{memory};
    seated.await(1);
    {
      const auto armed = behind_the_look.arm();
      successor.here();
      peer.ring.take_seat(Side::kConsumer, judge::far_away());
    }
    peer.ring.leave_seat(Side::kConsumer);
  });
  EXPECT_THAT(second.outcome(), ReturnsNormally());
  EXPECT_THAT(first.outcome(), ReturnsNormally());
}

TEST(Seat, IsLeftOnlyByItsOwner) {
  judge::lesson(6, "somebody who never sat there must not make the peer believe that the owner has gone");
  const judge::SharedMemory memory;
  ASSERT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
#ifndef __SANITIZE_THREAD__  // ThreadSanitizer calls it a mistake to try, whatever the C library answers
  EXPECT_THAT(subject([&] { AttachedRing<Line>{memory}.ring.leave_seat(Side::kProducer); }), ThrowsErrno(EPERM));
#endif
}

TEST(Seat, OfADeadProcessCanBeTaken) {
  judge::lesson(6, "a killed process leaves nothing tidy behind; its successor must still get the seat");
  const judge::SharedMemory memory;
  ASSERT_THAT(make_ring<Line>(memory, 8), ReturnsNormally());
  for (int i = 0; i < 2; ++i) {
    auto killed = producer_that_dies(memory, 0, 0);
    EXPECT_THAT(killed.outcome(), DiesOf(SIGKILL));
  }
  EXPECT_THAT(subject([&] {
                AttachedRing<Line> peer{memory};
                for (int i = 0; i < 2; ++i) {
                  peer.ring.take_seat(Side::kProducer, judge::in_good_time());
                  peer.ring.leave_seat(Side::kProducer);
                }
                return true;
              }),
              Returns(true));
}

}  // namespace
