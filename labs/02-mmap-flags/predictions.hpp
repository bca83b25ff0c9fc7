#pragma once

#include <string_view>

namespace lab {

/// What may happen; each question of predictions.cpp says which of these can be.
enum class Answer {
  kNotPredicted,
  kKeepsItsBytes,
  kReadsZeroes,
  kShowsTheNewBytes,
  kChangesTheFile,
  kLeavesTheFileAlone,
  kIsRefused,
  kSigbus,
  kSigsegv,
};

/// For the report.
[[nodiscard]] constexpr std::string_view in_words(Answer answer) {
  switch (answer) {
    case Answer::kKeepsItsBytes:
      return "keeps its bytes";
    case Answer::kReadsZeroes:
      return "reads zeroes";
    case Answer::kShowsTheNewBytes:
      return "shows the new bytes";
    case Answer::kChangesTheFile:
      return "changes the file";
    case Answer::kLeavesTheFileAlone:
      return "works, and leaves the file alone";
    case Answer::kIsRefused:
      return "is refused with EACCES";
    case Answer::kSigbus:
      return "dies of SIGBUS";
    case Answer::kSigsegv:
      return "dies of SIGSEGV";
    case Answer::kNotPredicted:
      break;
  }
  return "";
}

/// One member a question; they are put in predictions.cpp.
struct Predictions {
  Answer shared_mapping_for_writing_of_a_descriptor_for_reading;
  Answer private_page_that_was_only_read;
  Answer write_behind_the_end_in_the_last_page;
  Answer read_behind_the_end_after_mremap;
  Answer shared_page_after_dontneed;
  Answer private_copy_after_the_file_was_cut;
};

extern const Predictions kPredictions;

}  // namespace lab
