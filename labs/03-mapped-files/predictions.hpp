#pragma once

#include <cstdint>
#include <string_view>

namespace lab {

/// What may happen; each question of predictions.cpp says which of these can be.
enum class Answer : std::uint8_t {
  kNotPredicted,
  kHoldsTheNewBytes,
  kHoldsTheOldBytes,
  kSucceeds,
  kFailsWithEinval,
  kFailsWithEnospc,
  kDiesOfSigbus,
  kMakesTheFileLonger,
  kIsNotInTheFile,
  kIsStillLocked,
  kIsFree,
};

/// For the report: what follows "it".
[[nodiscard]] constexpr std::string_view in_words(Answer answer) {
  switch (answer) {
    case Answer::kNotPredicted:
      return "is not predicted";
    case Answer::kHoldsTheNewBytes:
      return "holds the new bytes";
    case Answer::kHoldsTheOldBytes:
      return "holds the old bytes";
    case Answer::kSucceeds:
      return "succeeds";
    case Answer::kFailsWithEinval:
      return "fails with EINVAL";
    case Answer::kFailsWithEnospc:
      return "fails with ENOSPC";
    case Answer::kDiesOfSigbus:
      return "dies of SIGBUS";
    case Answer::kMakesTheFileLonger:
      return "makes the file longer";
    case Answer::kIsNotInTheFile:
      return "is lost: it is not in the file";
    case Answer::kIsStillLocked:
      return "is still locked";
    case Answer::kIsFree:
      return "is free for others";
  }
  return "";
}

/// One member a question; they are put in predictions.cpp.
struct Predictions {
  Answer file_of_a_killed_writer;
  Answer msync_in_the_middle_of_a_page;
  Answer ftruncate_to_more_than_there_is;
  Answer store_behind_the_end_of_the_file;
  Answer lock_after_another_close;
};

extern const Predictions kPredictions;

}  // namespace lab
