// Step 0: what do mutexes do on this machine? The experiments are the judge's own.
#ifndef __SANITIZE_THREAD__  // g++ 12's does not know pthread_mutex_clocklock, and calls what is locked by it unlocked
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "predictions.hpp"
#include "support.hpp"
#include "testing/prediction.hpp"
#include "testing/shared.hpp"

namespace {

using judge::Happens;
using judge::lesson;
using judge::predicted;
using judge::subject;
using lab::Answer;
using lab::kPredictions;

enum class Robust { kNo, kYes };

void make(pthread_mutex_t& mutex, Robust robust) {
  pthread_mutexattr_t attributes;
  ::pthread_mutexattr_init(&attributes);
  ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  if (robust == Robust::kYes) ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  ::pthread_mutex_init(&mutex, &attributes);
  ::pthread_mutexattr_destroy(&attributes);
}

/// What somebody finds who locks it, with a deadline; a process of its own.
Answer next_one(pthread_mutex_t& mutex, bool by_the_wrong_clock = false) {
  const auto seen = subject([&] {
    const auto deadline = by_the_wrong_clock ? shm::Deadline::after(std::chrono::hours{1}) : judge::soon();
    const timespec until = deadline.as_timespec();
    const int error = by_the_wrong_clock ? ::pthread_mutex_timedlock(&mutex, &until)
                                         : ::pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &until);
    if (error == 0 || error == EOWNERDEAD) ::pthread_mutex_unlock(&mutex);
    switch (error) {
      case 0:
        return Answer::kLocks;
      case EOWNERDEAD:
        return Answer::kSaysOwnerDead;
      case ENOTRECOVERABLE:
        return Answer::kSaysNotRecoverable;
      case EDEADLK:
        return Answer::kSaysDeadlock;
      default:
        return deadline.passed() ? Answer::kWaitsInVain : Answer::kTimesOutAtOnce;
    }
  });
  return seen.value.value_or(Answer::kNotPredicted);
}

TEST(Predict, TheOwnerLeftByExit) {
  lesson(0, "the kernel walks the list of robust mutexes whenever a thread ends, however it ends");
  const judge::Shared<pthread_mutex_t> mutex;
  make(*mutex, Robust::kYes);
  static_cast<void>(subject([&] {
    ::pthread_mutex_lock(&*mutex);
    ::_exit(0);
  }));
  EXPECT_THAT(predicted([] { return kPredictions.owner_left_by_exit; }), Happens(next_one(*mutex)));
}

TEST(Predict, TheOwnerOfAPlainMutexWasKilled) {
  lesson(0, "of a mutex that is not robust nobody keeps a list: it stays locked by one who no longer exists");
  const judge::Shared<pthread_mutex_t> mutex;
  make(*mutex, Robust::kNo);
  static_cast<void>(subject([&] {
    ::pthread_mutex_lock(&*mutex);
    lab04::die();
  }));
  EXPECT_THAT(predicted([] { return kPredictions.owner_of_a_plain_mutex_was_killed; }), Happens(next_one(*mutex)));
}

TEST(Predict, TheOwnerUnmappedTheMutex) {
  lesson(0, "the kernel finds the mutex by its address in the dying process: what is unmapped there, it can't mark");
  const judge::Shared<pthread_mutex_t> mutex;
  make(*mutex, Robust::kYes);
  static_cast<void>(subject([&] {
    ::pthread_mutex_lock(&*mutex);
    ::munmap(&*mutex, sizeof *mutex);
    ::_exit(0);
  }));
  EXPECT_THAT(predicted([] { return kPredictions.owner_unmapped_the_mutex; }), Happens(next_one(*mutex)));
}

TEST(Predict, ItWasUnlockedWithoutConsistent) {
  lesson(0, "to unlock without pthread_mutex_consistent says: I could not repair it. That is final");
  const judge::Shared<pthread_mutex_t> mutex;
  make(*mutex, Robust::kYes);
  static_cast<void>(subject([&] {
    ::pthread_mutex_lock(&*mutex);
    lab04::die();
  }));
  static_cast<void>(next_one(*mutex));
  EXPECT_THAT(predicted([] { return kPredictions.unlocked_without_consistent; }), Happens(next_one(*mutex)));
}

TEST(Predict, TheTimeIsOfTheWrongClock) {
  lesson(0, "seconds since the start of the machine, read as seconds since 1970, have passed long ago");
  const judge::Shared<pthread_mutex_t> mutex;
  make(*mutex, Robust::kYes);
  judge::Rendezvous holds;
  judge::Rendezvous is_seen;
  auto owner = judge::start([&] {
    ::pthread_mutex_lock(&*mutex);
    holds.arrive();
    is_seen.await(1);
    ::pthread_mutex_unlock(&*mutex);
  });
  holds.await(1);
  const Answer seen = next_one(*mutex, true);
  is_seen.arrive();
  EXPECT_THAT(owner.outcome(), judge::ReturnsNormally());
  EXPECT_THAT(predicted([] { return kPredictions.timed_by_the_wrong_clock; }), Happens(seen));
}

}  // namespace

#endif
