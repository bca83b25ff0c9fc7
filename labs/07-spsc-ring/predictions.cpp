// Step 0: predict, then run `make check LAB=07 TEST='Predict.*'`. The report explains the misses.
#include "predictions.hpp"

namespace lab {

const Predictions kPredictions = {
    // A child was killed, and its parent has not waited for it yet. kill(pid, 0): kSucceeds or kFailsWithEsrch?
    .pid_of_a_child_that_died = Answer::kNotPredicted,

    // A process dies while it holds a robust mutex. pthread_mutex_trylock in another one: kSucceeds, kFailsWithEbusy
    // or kFailsWithEownerdead?
    .lock_whose_owner_died = Answer::kNotPredicted,

    // Who got that answer unlocks, and does nothing else. The next pthread_mutex_trylock: kSucceeds,
    // kFailsWithEownerdead or kFailsWithEnotrecoverable?
    .lock_that_was_not_repaired = Answer::kNotPredicted,

    // A ring of three slots, slot = position % 3, and the 64-bit position has reached its last value, 2^64 - 1. The
    // slot of the position after it: kIsTheNextSlot or kIsTheSameSlot?
    .slot_behind_the_last_position = Answer::kNotPredicted,
};

}  // namespace lab
