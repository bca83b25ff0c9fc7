#include "predictions.hpp"

namespace lab {

const Predictions kPredictions = {
    // A process writes to a file through a shared mapping, never calls msync, and is killed by SIGKILL. What is in the
    // file, for whoever reads it then? kHoldsTheNewBytes or kHoldsTheOldBytes
    .file_of_a_killed_writer = Answer::kHoldsTheNewBytes,

    // msync(address, 100, MS_SYNC) with an address in the middle of a mapped page: kSucceeds or kFailsWithEinval
    .msync_in_the_middle_of_a_page = Answer::kFailsWithEinval,

    // ftruncate to more bytes than the file system has: kSucceeds or kFailsWithEnospc
    .ftruncate_to_more_than_there_is = Answer::kSucceeds,

    // A file of 100 bytes is mapped. A store to byte 200 of the mapping, on the same page: what becomes of that byte?
    // kDiesOfSigbus (the program does), kMakesTheFileLonger or kIsNotInTheFile
    .store_behind_the_end_of_the_file = Answer::kIsNotInTheFile,

    // A process has locked a file by fcntl(fd, F_SETLK). It opens the same file once more to read a little, and closes
    // that second descriptor. The file is now: kIsStillLocked or kIsFree
    .lock_after_another_close = Answer::kIsFree,
};

}  // namespace lab
