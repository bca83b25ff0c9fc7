#include "predictions.hpp"

namespace lab {

// Write down what you expect, before you run the tests. "It" is what the question asks about.
const Predictions kPredictions = {
    // Three processes are killed while they wait at one condition variable in shared memory. After that a fourth waits,
    // and somebody signals once; then a fifth waits, and somebody signals once more. This second signal:
    // kWakesTheLiveOne, kWakesNobody or kNeverReturns?
    .a_signal_after_three_were_killed = Answer::kNotPredicted,
    // One process is killed while it waits. After that another waits, and somebody calls pthread_cond_broadcast; then
    // the same once more. This second broadcast: kWakesTheLiveOne, kWakesNobody or kNeverReturns?
    .a_broadcast_after_one_was_killed = Answer::kNotPredicted,
    // One process waits at a condition variable, whose robust mutex another has locked. That one is killed. Who waits:
    // kWakesUp or kSleepsOn?
    .who_waits_while_the_owner_is_killed = Answer::kNotPredicted,
    // A condition variable without attributes, and pthread_cond_timedwait until "now plus an hour" by CLOCK_MONOTONIC.
    // The call: kTimesOutAtOnce, kWaits or kIsRefused?
    .a_monotonic_time_at_a_default_condition = Answer::kNotPredicted,
    // A wait times out while another process has the robust mutex locked, and that one is killed.
    // pthread_cond_timedwait:
    // kSaysThatTheOwnerDied, kSaysThatItTimedOut or kNeverReturns?
    .a_wait_that_gets_the_lock_of_a_dead_one = Answer::kNotPredicted,
};

}  // namespace lab
