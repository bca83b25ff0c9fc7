#include "predictions.hpp"

namespace lab {

// Write down what you expect, before you run the tests. "It" is what the question asks about.
const Predictions kPredictions = {
    // ftok(path, 1) gives a key. The key that ftok(path, 257) gives: kIsTheSame or kIsAnother?
    .key_of_project_257 = Answer::kNotPredicted,

    // umask(077), then shmget makes a segment with mode 0666. The segment: kHasMode0600 or kHasMode0666?
    .mode_under_a_umask = Answer::kNotPredicted,

    // There is a segment of one page. shmget(its key, two pages, IPC_CREAT | 0600): kSucceeds, kFailsWithEinval or
    // kFailsWithEnomem?
    .larger_size_of_an_existing_segment = Answer::kNotPredicted,

    // A process has attached a segment, and forks. Both live. The system's number of users (shm_nattch): kCountsOne or
    // kCountsTwo?
    .users_after_a_fork = Answer::kNotPredicted,

    // A segment is removed (IPC_RMID) while somebody has it attached. Who knows its id attaches it now. This:
    // kSucceeds or kFailsWithEinval?
    .attaching_by_the_id_after_removal = Answer::kNotPredicted,

    // All that had a segment attached are killed; nobody has removed it. The segment: kIsStillThere or kIsGone?
    .segment_whose_users_were_killed = Answer::kNotPredicted,
};

}  // namespace lab
