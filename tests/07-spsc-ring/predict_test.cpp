// Step 0: what the kernel and the language do, guessed before it is tried.
#include "predictions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "ring_memory.hpp"
#include "testing/lesson.hpp"
#include "testing/prediction.hpp"

namespace {

using judge::experiment;
using judge::Happens;
using judge::lesson;
using judge::predicted;
using lab::Answer;
using lab::kPredictions;

// A robust mutex between processes, whose owner has died.
class OrphanedLock {
 public:
  OrphanedLock() {
    pthread_mutexattr_t robust;
    ::pthread_mutexattr_init(&robust);
    ::pthread_mutexattr_setpshared(&robust, PTHREAD_PROCESS_SHARED);
    ::pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
    ::pthread_mutex_init(mutex_, &robust);
    ::pthread_mutexattr_destroy(&robust);
    (void)experiment([&] {
      ::pthread_mutex_lock(mutex_);
      ::raise(SIGKILL);
    });
  }

  // What another process's attempt comes to; it unlocks what it got, and repairs nothing.
  [[nodiscard]] Answer attempt() {
    const auto error = experiment([&] {
      const int said = ::pthread_mutex_trylock(mutex_);
      if (said == 0 || said == EOWNERDEAD) ::pthread_mutex_unlock(mutex_);
      return said;
    });
    switch (error.value.value_or(0)) {
      case EBUSY:
        return Answer::kFailsWithEbusy;
      case EOWNERDEAD:
        return Answer::kFailsWithEownerdead;
      case ENOTRECOVERABLE:
        return Answer::kFailsWithEnotrecoverable;
      default:
        return Answer::kSucceeds;
    }
  }

 private:
  judge::SharedMemory memory_;
  shm::Mapping mapping_ = memory_.map();
  pthread_mutex_t* mutex_ = reinterpret_cast<pthread_mutex_t*>(mapping_.data());
};

TEST(Predict, ThePidOfAChildThatDied) {
  lesson(0, "a dead child keeps its pid until its parent has waited for it, and a stranger may get it afterwards");
  const auto error = experiment([] {
    const pid_t child = ::fork();
    if (child == 0) ::pause();
    ::kill(child, SIGKILL);
    siginfo_t dead{};
    ::waitid(P_PID, static_cast<id_t>(child), &dead, WEXITED | WNOWAIT);  // it is dead now, and still there
    const int said = ::kill(child, 0) == 0 ? 0 : errno;
    ::waitpid(child, nullptr, 0);
    return said;
  });
  const Answer seen = error.value == 0 ? Answer::kSucceeds : Answer::kFailsWithEsrch;
  EXPECT_THAT(predicted([] { return kPredictions.pid_of_a_child_that_died; }), Happens(seen));
}

TEST(Predict, ALockWhoseOwnerDied) {
  lesson(0, "a robust mutex tells the next owner that the last one died; whoever gets EOWNERDEAD holds the lock");
  OrphanedLock lock;
  const Answer seen = lock.attempt();
  EXPECT_THAT(predicted([] { return kPredictions.lock_whose_owner_died; }), Happens(seen));
}

TEST(Predict, ALockThatWasNotRepaired) {
  lesson(0,
         "to unlock without pthread_mutex_consistent says that the data is beyond repair: nobody gets the lock again");
  OrphanedLock lock;
  (void)lock.attempt();
  const Answer seen = lock.attempt();
  EXPECT_THAT(predicted([] { return kPredictions.lock_that_was_not_repaired; }), Happens(seen));
}

TEST(Predict, TheSlotBehindTheLastPosition) {
  lesson(0, "2^64 is no multiple of 3, so at the turn the slots skip or repeat; a power of two divides 2^64");
  std::uint64_t position = UINT64_MAX;
  const std::uint64_t last = position++ % 3;
  const Answer seen = position % 3 == last ? Answer::kIsTheSameSlot : Answer::kIsTheNextSlot;
  EXPECT_THAT(predicted([] { return kPredictions.slot_behind_the_last_position; }), Happens(seen));
}

}  // namespace
