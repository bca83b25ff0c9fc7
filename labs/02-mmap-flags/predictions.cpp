#include "predictions.hpp"

namespace lab {

const Predictions kPredictions = {
    // Step 0: predict, then run. Each line is about one process on Linux, with a file of whole pages in /dev/shm.

    // mmap with PROT_READ | PROT_WRITE and MAP_SHARED, of a descriptor that was opened with O_RDONLY. What does it do?
    // kIsRefused, kSigsegv (at the first write), kLeavesTheFileAlone, kChangesTheFile
    .shared_mapping_for_writing_of_a_descriptor_for_reading = Answer::kNotPredicted,

    // A page is mapped MAP_PRIVATE and has been read here, never written. Now another process writes to the file.
    // Looked at once more, what does the page do?
    // kKeepsItsBytes, kShowsTheNewBytes
    .private_page_that_was_only_read = Answer::kNotPredicted,

    // The file is 100 bytes long and mapped MAP_SHARED. What does a write to byte 200 do?
    // kChangesTheFile (it is longer then), kLeavesTheFileAlone, kSigbus, kSigsegv
    .write_behind_the_end_in_the_last_page = Answer::kNotPredicted,

    // The file has one page, and so had its mapping; mremap has made two of it, with success. What does a read in the
    // second page do?
    // kReadsZeroes, kSigbus, kSigsegv
    .read_behind_the_end_after_mremap = Answer::kNotPredicted,

    // madvise(MADV_DONTNEED) on a page that is mapped MAP_SHARED and was written. Read again, what does it do?
    // kKeepsItsBytes, kReadsZeroes
    .shared_page_after_dontneed = Answer::kNotPredicted,

    // A page is mapped MAP_PRIVATE and was written here, so it is this process's own copy. Now another process cuts the
    // file to 0 bytes. What does a read of the page do?
    // kKeepsItsBytes, kReadsZeroes, kSigbus
    .private_copy_after_the_file_was_cut = Answer::kNotPredicted,
};

}  // namespace lab
