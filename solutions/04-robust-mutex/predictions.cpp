#include "predictions.hpp"

namespace lab {

// Step 0: write down what you expect, then run TEST='Predict.*'. A wrong guess costs a point and teaches something.
const Predictions kPredictions = {
    // A process locks a robust, process-shared mutex and ends by exit(0), without unlocking. What happens to the next
    // one who locks it? kLocks, kSaysOwnerDead or kWaitsInVain
    .owner_left_by_exit = Answer::kSaysOwnerDead,

    // A process locks a mutex that is process-shared, but not robust, and is killed. The next one, by a timed lock?
    // kLocks, kSaysOwnerDead or kWaitsInVain
    .owner_of_a_plain_mutex_was_killed = Answer::kWaitsInVain,

    // A process locks a robust mutex, unmaps the memory in which it lies, and ends. The next one, by a timed lock?
    // kLocks, kSaysOwnerDead or kWaitsInVain
    .owner_unmapped_the_mutex = Answer::kWaitsInVain,

    // A robust mutex has said EOWNERDEAD to one who then only unlocks it. What happens to the one after?
    // kLocks, kSaysOwnerDead, kSaysNotRecoverable or kWaitsInVain
    .unlocked_without_consistent = Answer::kSaysNotRecoverable,

    // Somebody else holds the mutex. pthread_mutex_timedlock gets a time of CLOCK_MONOTONIC that lies an hour ahead.
    // kSaysDeadlock, kWaitsInVain (for an hour) or kTimesOutAtOnce
    .timed_by_the_wrong_clock = Answer::kTimesOutAtOnce,
};

}  // namespace lab
