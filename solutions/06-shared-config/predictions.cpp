#include "predictions.hpp"

namespace lab {

// Write down what you expect, before you run the tests. "It" is what the question asks about.
const Predictions kPredictions = {
    // A process is killed while it holds a pthread_rwlock_t for reading. Another wants to write, and gives itself half
    // a second. The writer: kGetsTheLock, kSaysOwnerDead or kWaits?
    .a_writer_after_a_reader_was_killed = Answer::kWaits,
    // A reader holds a process-shared rwlock that is otherwise as pthread_rwlockattr_init leaves it, and a writer waits
    // for it. Now a second reader comes. This reader: kGetsTheLock or kWaits?
    .a_reader_behind_a_writer_that_waits = Answer::kGetsTheLock,
    // The same once more, but with pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NP). The
    // second reader: kGetsTheLock or kWaits?
    .the_same_with_prefer_writer_np = Answer::kGetsTheLock,
    // A reader holds the lock. A writer calls pthread_rwlock_timedwrlock with "now plus an hour" by CLOCK_MONOTONIC.
    // The writer: kGetsTheLock, kWaits or kTimesOutAtOnce?
    .a_writer_with_a_monotonic_time = Answer::kTimesOutAtOnce,
    // A process waits by std::atomic<int>::wait for a change of a number in shared memory. Another process changes it,
    // and calls notify_all. Who waits: kWakesUp or kSleepsOn?
    .atomic_notify_in_another_process = Answer::kSleepsOn,
};

}  // namespace lab
