// Step 6: a lock that is not waited for longer than one can wait.
#ifndef __SANITIZE_THREAD__  // g++ 12's does not know pthread_mutex_clocklock, and calls what is locked by it unlocked
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "deaths.hpp"
#include "support.hpp"

namespace {

using judge::DiesOf;
using judge::lesson;
using judge::Returns;
using judge::ReturnsNormally;
using judge::SharedMemory;
using judge::start;
using judge::subject;
using judge::ThrowsErrno;
using judge::gate::Gate;
using judge::gate::When;
using lab04::Clerk;
using testing::ElementsAre;

/// A clerk that holds the lock until it is told to give it back.
class Holder {
 public:
  explicit Holder(const SharedMemory& memory)
      : clerk_{start([this, &memory] {
          const Clerk clerk{memory};
          const auto guard = lab::lock(clerk.bank);
          holds_.arrive();
          may_go_.await(1);
        })} {
    static_cast<void>(holds_.try_await(1));
  }
  void give_back() { may_go_.arrive(); }
  [[nodiscard]] auto outcome() {
    give_back();
    return clerk_.outcome();
  }

 private:
  judge::Rendezvous holds_;
  judge::Rendezvous may_go_;
  judge::Subject<judge::Unit> clerk_;
};

/// How lock_until() ended.
constexpr auto kLocks = "it has the lock";
constexpr auto kTimesOut = "ETIMEDOUT";
constexpr auto kTimesOutEarly = "ETIMEDOUT before the deadline";

std::string try_until(const SharedMemory& memory, shm::Deadline deadline) {
  const Clerk clerk{memory};
  try {
    const auto guard = lab::lock_until(clerk.bank, deadline);
    return kLocks;
  } catch (const std::system_error& error) {
    if (error.code().value() != ETIMEDOUT) throw;
    return deadline.passed() ? kTimesOut : kTimesOutEarly;
  }
}

TEST(TimedLock, GivesUpAtItsDeadline) {
  lesson(6, "a time of CLOCK_MONOTONIC, read as one of CLOCK_REALTIME, is a day in 1970: nobody waits at all");
  const SharedMemory memory;
  Holder holder{memory};
  EXPECT_THAT(subject([&] { return try_until(memory, judge::soon()); }), Returns(kTimesOut));
  EXPECT_THAT(holder.outcome(), ReturnsNormally());
}

TEST(TimedLock, TriesOnceWhenTheDeadlineHasPassed) {
  lesson(6, "a deadline limits the waiting: a lock that is free is not waited for");
  const SharedMemory memory;
  EXPECT_THAT(subject([&] { return try_until(memory, judge::past()); }), Returns(kLocks));
  Holder holder{memory};
  EXPECT_THAT(subject([&] { return try_until(memory, judge::past()); }), Returns(kTimesOut));
  EXPECT_THAT(holder.outcome(), ReturnsNormally());
}

TEST(TimedLock, GetsWhatIsGivenBackInTime) {
  lesson(6, "who waits is woken by the unlock of another process, long before the deadline");
  const SharedMemory memory;
  Holder holder{memory};
  Gate about_to_wait{lab04::kLocking, When::kBefore};
  auto waiter = start([&] {
    const auto armed = about_to_wait.arm();
    return try_until(memory, judge::in_good_time());
  });
  about_to_wait.await_arrival();
  about_to_wait.open();
  EXPECT_THAT(holder.outcome(), ReturnsNormally());
  EXPECT_THAT(waiter.outcome(), Returns(kLocks));
}

TEST(TimedLock, DoesNotMindTheWallClock) {
  lesson(6, "somebody sets the clock an hour forward: whoever waits by CLOCK_REALTIME gives up an hour early");
  const SharedMemory memory;
  Holder holder{memory};
  auto waiter = start([&] {
    // So it looks to who waits by that clock, whatever the deadline.
    judge::gate::fail_always("pthread_mutex_timedlock", ETIMEDOUT);
    return try_until(memory, judge::soon());
  });
  EXPECT_THAT(waiter.outcome(), Returns(kTimesOut));
  EXPECT_THAT(holder.outcome(), ReturnsNormally());
}

TEST(TimedLock, TellsWhoLocksTwice) {
  lesson(6, "the deadline passes, and the thread has learnt nothing: EDEADLK says what is wrong");
  const SharedMemory memory;
  EXPECT_THAT(subject([&] {
                const Clerk clerk{memory};
                const auto guard = lab::lock(clerk.bank);
                const auto again = lab::lock_until(clerk.bank, judge::soon());
              }),
              ThrowsErrno(EDEADLK));
}

TEST(TimedLock, TakesOverFromADeadClerk) {
  lesson(6, "a timed lock inherits as any other: EOWNERDEAD, repair, consistent");
  const SharedMemory memory;
  EXPECT_THAT(lab04::clerk_that_dies(memory, 30).outcome(), DiesOf(SIGKILL));
  EXPECT_THAT(subject([&] { return try_until(memory, judge::past()); }), Returns(kLocks));
  EXPECT_THAT(lab04::balances_found(memory), Returns(ElementsAre(70, 130, 100)));
}

TEST(TimedLock, HearsOfADeathWhileItWaits) {
  lesson(6, "the kernel wakes one of those who wait for a mutex when its owner dies");
  const SharedMemory memory;
  judge::Rendezvous holds;
  Gate about_to_wait{lab04::kLocking, When::kBefore};
  auto owner = start([&] {
    const Clerk clerk{memory};
    const auto guard = lab::lock(clerk.bank);
    holds.arrive();
    about_to_wait.await_arrival();
    lab04::die();
  });
  auto waiter = start([&] {
    holds.await(1);
    const auto armed = about_to_wait.arm();
    return try_until(memory, judge::in_good_time());
  });
  about_to_wait.await_arrival();
  about_to_wait.open();
  EXPECT_THAT(owner.outcome(), DiesOf(SIGKILL));
  EXPECT_THAT(waiter.outcome(), Returns(kLocks));
}

}  // namespace

#endif
