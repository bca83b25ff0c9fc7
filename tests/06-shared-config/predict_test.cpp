// Step 0: what does this machine do? The experiments are the judge's own; each is made in processes that may die.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cerrno>
#include <chrono>

#include "predictions.hpp"
#include "support.hpp"
#include "testing/prediction.hpp"

namespace {

using judge::Happens;
using judge::lesson;
using judge::predicted;
using lab::Answer;
using lab::kPredictions;
using std::chrono::milliseconds;

/// An rwlock that processes share.
class Lock {
 public:
  explicit Lock(int kind = PTHREAD_RWLOCK_DEFAULT_NP) {
    pthread_rwlockattr_t attributes;
    ::pthread_rwlockattr_init(&attributes);
    ::pthread_rwlockattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    ::pthread_rwlockattr_setkind_np(&attributes, kind);
    ::pthread_rwlock_init(&*lock_, &attributes);
    ::pthread_rwlockattr_destroy(&attributes);
  }
  pthread_rwlock_t* operator&() const { return &*lock_; }  // NOLINT(google-runtime-operator)

 private:
  judge::Shared<pthread_rwlock_t> lock_;
};

/// What came of a call that may have waited until `deadline`.
Answer answer_to(int error, shm::Deadline deadline) {
  if (error == 0) return Answer::kGetsTheLock;
  if (error == EOWNERDEAD) return Answer::kSaysOwnerDead;
  return deadline.passed() ? Answer::kWaits : Answer::kTimesOutAtOnce;
}

timespec by_the_wall_clock(milliseconds time) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const auto nanoseconds = now.tv_nsec + std::chrono::nanoseconds{time}.count();
  return {.tv_sec = now.tv_sec + nanoseconds / 1'000'000'000, .tv_nsec = nanoseconds % 1'000'000'000};
}

Answer write_lock(const Lock& lock, milliseconds time) {
  const auto deadline = shm::Deadline::after(time - milliseconds{1});
  const timespec until = by_the_wall_clock(time);
  return answer_to(::pthread_rwlock_timedwrlock(&lock, &until), deadline);
}

TEST(Predict, AWriterAfterAReaderWasKilled) {
  lesson(0, "an rwlock counts its readers and does not know who they are: there is no robust one, and nobody is told");
  const Lock lock;
  static_cast<void>(judge::experiment([&] {
    ::pthread_rwlock_rdlock(&lock);
    ::raise(SIGKILL);
  }));
  const auto seen = judge::experiment([&] { return write_lock(lock, milliseconds{100}); });
  ASSERT_THAT(seen, judge::ReturnsNormally());
  EXPECT_THAT(predicted([] { return kPredictions.a_writer_after_a_reader_was_killed; }), Happens(*seen.value));
}

/// A reader is in there, a writer waits, and a second reader comes.
Answer second_reader(const Lock& lock) {
  const judge::Watched waiting;
  judge::Rendezvous reader_in;
  judge::Rendezvous may_go;
  auto reader = judge::start([&] {
    ::pthread_rwlock_rdlock(&lock);
    reader_in.arrive();
    may_go.await(1);
    ::pthread_rwlock_unlock(&lock);
  });
  reader_in.await(1);
  auto writer = judge::start([&] {
    waiting.here();
    ::pthread_rwlock_wrlock(&lock);
    ::pthread_rwlock_unlock(&lock);
  });
  waiting.await_sleep();
  const auto seen = judge::experiment([&] {
    const auto deadline = shm::Deadline::after(milliseconds{59});
    const timespec until = by_the_wall_clock(milliseconds{60});
    const int error = ::pthread_rwlock_timedrdlock(&lock, &until);
    if (error == 0) ::pthread_rwlock_unlock(&lock);
    return answer_to(error, deadline);
  });
  may_go.arrive();
  EXPECT_THAT(reader.outcome(), judge::ReturnsNormally());
  EXPECT_THAT(writer.outcome(), judge::ReturnsNormally());
  return seen.value.value_or(Answer::kNotPredicted);
}

TEST(Predict, AReaderBehindAWriterThatWaits) {
  lesson(0, "by default readers come first: with two of them that take turns, a writer waits for ever");
  const Answer seen = second_reader(Lock{});
  EXPECT_THAT(predicted([] { return kPredictions.a_reader_behind_a_writer_that_waits; }), Happens(seen));
}

TEST(Predict, TheSameWithPreferWriterNp) {
  lesson(0,
         "only the kind that ends in NONRECURSIVE_NP prefers writers: the C library treats the other as the default");
  const Answer seen = second_reader(Lock{PTHREAD_RWLOCK_PREFER_WRITER_NP});
  EXPECT_THAT(predicted([] { return kPredictions.the_same_with_prefer_writer_np; }), Happens(seen));
}

TEST(Predict, AWriterWithAMonotonicTime) {
  lesson(0,
         "pthread_rwlock_timedwrlock reads CLOCK_REALTIME, which has counted since 1970: a time of CLOCK_MONOTONIC is "
         "long past there");
  const Lock lock;
  const auto seen = judge::experiment([&] {
    ::pthread_rwlock_rdlock(&lock);
    const auto soon = shm::Deadline::after(judge::patience(milliseconds{200}));
    const timespec until = shm::Deadline::after(judge::patience(milliseconds{200})).as_timespec();
    const int error = ::pthread_rwlock_timedwrlock(&lock, &until);
    return error == EDEADLK ? Answer::kSaysOwnerDead : answer_to(error, soon);
  });
  ASSERT_THAT(seen, judge::ReturnsNormally());
  EXPECT_THAT(predicted([] { return kPredictions.a_writer_with_a_monotonic_time; }), Happens(*seen.value));
}

TEST(Predict, AtomicNotifyInAnotherProcess) {
  lesson(0, "std::atomic::wait sleeps with FUTEX_PRIVATE_FLAG, or on a counter of its own process: it is for threads");
  const judge::Shared<std::atomic<int>> number;
  const judge::Watched watched;
  judge::Rendezvous awake;
  auto waiter = judge::start([&] {
    watched.here();
    number->wait(0);
    awake.arrive();
  });
  watched.await_sleep();
  static_cast<void>(judge::experiment([&] {
    number->store(1);
    number->notify_all();
  }));
  const auto deadline = shm::Deadline::after(judge::patience(milliseconds{100}));
  while (awake.arrivals() == 0 && !deadline.passed()) {
    const timespec moment{.tv_sec = 0, .tv_nsec = 1'000'000};
    ::nanosleep(&moment, nullptr);
  }
  const Answer seen = awake.arrivals() == 0 ? Answer::kSleepsOn : Answer::kWakesUp;
  watched.kill();
  static_cast<void>(waiter.outcome());
  EXPECT_THAT(predicted([] { return kPredictions.atomic_notify_in_another_process; }), Happens(seen));
}

}  // namespace
