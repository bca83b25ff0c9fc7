// Step 0: what does this machine do? The experiments are the judge's own; each is made in processes that may die.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <chrono>
#include <ctime>

#include "predictions.hpp"
#include "support.hpp"
#include "testing/prediction.hpp"

namespace {

using judge::Happens;
using judge::lesson;
using judge::predicted;
using judge::start;
using judge::Watched;
using lab::Answer;
using lab::kPredictions;
using std::chrono::milliseconds;

/// A robust mutex and a condition variable that processes share.
struct Place {
  pthread_mutex_t mutex;
  pthread_cond_t condition;
};

void make(Place& place) {
  pthread_mutexattr_t mutex;
  ::pthread_mutexattr_init(&mutex);
  ::pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
  ::pthread_mutexattr_setrobust(&mutex, PTHREAD_MUTEX_ROBUST);
  ::pthread_mutex_init(&place.mutex, &mutex);
  ::pthread_mutexattr_destroy(&mutex);
  pthread_condattr_t condition;
  ::pthread_condattr_init(&condition);
  ::pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED);
  ::pthread_condattr_setclock(&condition, CLOCK_MONOTONIC);
  ::pthread_cond_init(&place.condition, &condition);
  ::pthread_condattr_destroy(&condition);
}

/// Waits at the place; what the wait returned.
auto start_waiter(Place& place, const Watched& watched, milliseconds time) {
  return start([&place, &watched, time] {
    ::pthread_mutex_lock(&place.mutex);
    const timespec until = shm::Deadline::after(time).as_timespec();
    watched.here();
    const int error = ::pthread_cond_timedwait(&place.condition, &place.mutex, &until);
    if (error == EOWNERDEAD) ::pthread_mutex_consistent(&place.mutex);
    ::pthread_mutex_unlock(&place.mutex);
    return error;
  });
}

void kill_waiters(Place& place, int count) {
  for (int i = 0; i < count; ++i) {
    const Watched watched;
    auto victim = start_waiter(place, watched, std::chrono::hours{1});
    watched.await_sleep();
    watched.kill();
    static_cast<void>(victim.outcome());
  }
}

/// One waits, one calls `wake`: what came of it.
Answer wake_one(Place& place, int (*wake)(pthread_cond_t*)) {
  const Watched watched;
  auto waiter = start_waiter(place, watched, judge::patience(milliseconds{400}));
  watched.await_sleep();
  const Watched waking;
  judge::Rendezvous has_woken;
  auto waker = start([&] {
    waking.here();
    static_cast<void>(wake(&place.condition));
    has_woken.arrive();
  });
  const auto deadline = shm::Deadline::after(judge::patience(milliseconds{300}));
  while (has_woken.arrivals() == 0 && !deadline.passed()) {
    const timespec moment{.tv_sec = 0, .tv_nsec = 1'000'000};
    ::nanosleep(&moment, nullptr);
  }
  const bool returned = has_woken.arrivals() != 0;
  if (!returned) {
    waking.kill();
    watched.kill();  // it may wait for the same
  }
  static_cast<void>(waker.outcome());
  const auto outcome = waiter.outcome();
  if (!returned) return Answer::kNeverReturns;
  return outcome.value == 0 ? Answer::kWakesTheLiveOne : Answer::kWakesNobody;
}

TEST(Predict, ASignalAfterThreeWereKilled) {
  lesson(0, "a condition variable counts who waits, and nobody takes the dead off: the signal went to one of them");
  const judge::Shared<Place> place;
  make(*place);
  kill_waiters(*place, 3);
  static_cast<void>(wake_one(*place, ::pthread_cond_signal));
  const Answer seen = wake_one(*place, ::pthread_cond_signal);
  EXPECT_THAT(predicted([] { return kPredictions.a_signal_after_three_were_killed; }), Happens(seen));
}

TEST(Predict, ABroadcastAfterOneWasKilled) {
  lesson(0,
         "before a second group of waiters can be woken, all of the first must have left, and the dead one never does: "
         "to broadcast is no way out");
  const judge::Shared<Place> place;
  make(*place);
  kill_waiters(*place, 1);
  static_cast<void>(wake_one(*place, ::pthread_cond_broadcast));
  const Answer seen = wake_one(*place, ::pthread_cond_broadcast);
  EXPECT_THAT(predicted([] { return kPredictions.a_broadcast_after_one_was_killed; }), Happens(seen));
}

/// Locks the mutex and is killed, `when` the judge says so.
template <typename When>
void kill_an_owner(Place& place, When when) {
  const Watched owner;
  judge::Rendezvous locked;
  auto victim = start([&] {
    ::pthread_mutex_lock(&place.mutex);
    locked.arrive();
    owner.here();
    const timespec long_time{.tv_sec = 60, .tv_nsec = 0};
    ::nanosleep(&long_time, nullptr);
  });
  locked.await(1);
  owner.await_sleep();
  when();
  owner.kill();
  static_cast<void>(victim.outcome());
}

TEST(Predict, WhoWaitsWhileTheOwnerIsKilled) {
  lesson(0, "the system tells of a death those who lock the mutex; who sleeps at the condition variable hears nothing");
  const judge::Shared<Place> place;
  make(*place);
  const Watched watched;
  const auto time = judge::patience(milliseconds{300});
  const auto until = shm::Deadline::after(time);
  auto waiter = start_waiter(*place, watched, time);
  watched.await_sleep();
  kill_an_owner(*place, [] {});
  static_cast<void>(waiter.outcome());
  const Answer seen = until.passed() ? Answer::kSleepsOn : Answer::kWakesUp;
  EXPECT_THAT(predicted([] { return kPredictions.who_waits_while_the_owner_is_killed; }), Happens(seen));
}

TEST(Predict, AMonotonicTimeAtADefaultCondition) {
  lesson(0, "without pthread_condattr_setclock the time is one of CLOCK_REALTIME, which has counted since 1970");
  const auto outcome = judge::subject([] {
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    const timespec until = shm::Deadline::after(judge::patience(milliseconds{200})).as_timespec();
    const auto patience = shm::Deadline::after(judge::patience(milliseconds{200}));
    ::pthread_mutex_lock(&mutex);
    const int error = ::pthread_cond_timedwait(&condition, &mutex, &until);
    ::pthread_mutex_unlock(&mutex);
    return error == EINVAL ? Answer::kIsRefused : patience.passed() ? Answer::kWaits : Answer::kTimesOutAtOnce;
  });
  ASSERT_THAT(outcome, judge::ReturnsNormally());
  EXPECT_THAT(predicted([] { return kPredictions.a_monotonic_time_at_a_default_condition; }), Happens(*outcome.value));
}

TEST(Predict, AWaitThatGetsTheLockOfADeadOne) {
  lesson(0, "a wait ends with a lock, and so it can return what a lock returns");
  const judge::Shared<Place> place;
  make(*place);
  const Watched watched;
  const auto time = judge::patience(milliseconds{100});
  auto waiter = start_waiter(*place, watched, time);
  watched.await_sleep();
  const auto sleeps = watched.sleeps();
  kill_an_owner(*place, [&] { watched.await_sleep_after(sleeps); });
  const auto outcome = waiter.outcome();
  const Answer seen = outcome.value == EOWNERDEAD  ? Answer::kSaysThatTheOwnerDied
                      : outcome.value == ETIMEDOUT ? Answer::kSaysThatItTimedOut
                                                   : Answer::kNeverReturns;
  EXPECT_THAT(predicted([] { return kPredictions.a_wait_that_gets_the_lock_of_a_dead_one; }), Happens(seen));
}

}  // namespace
