// Step 0: predict, then run `make check LAB=01 TEST='Predict.*'`. The report explains the misses.
#include "predictions.hpp"

namespace lab {

const Predictions kPredictions = {
    // umask(077), then shm_open creates an object with mode 0666. The object: kHasMode0600 or kHasMode0666?
    .mode_under_a_umask = Answer::kHasMode0600,

    // ftruncate to more bytes than /dev/shm has room for. The call: kSucceeds or kFailsWithEnospc?
    .size_beyond_all_memory = Answer::kSucceeds,

    // An object of one page is mapped, and mremap makes two pages of the mapping. Who reads the second page:
    // kReadsZeroes, kDiesOfSigbus or kDiesOfSigsegv?
    .touch_beyond_the_end = Answer::kDiesOfSigbus,

    // An object is mapped; then shm_unlink takes its name away. Its memory: kKeepsItsBytes, kReadsZeroes or
    // kDiesOfSigbus?
    .memory_without_a_name = Answer::kKeepsItsBytes,
};

}  // namespace lab
