#pragma once

#include <string_view>

namespace lab {

/// What may happen; beside each question in predictions.cpp stands which of these can be.
enum class Answer {
  kNotPredicted,
  kSucceeds,
  kFailsWithEnospc,
  kHasMode0600,
  kHasMode0666,
  kKeepsItsBytes,
  kReadsZeroes,
  kDiesOfSigbus,
  kDiesOfSigsegv,
};

/// What follows the word "it".
[[nodiscard]] constexpr std::string_view in_words(Answer answer) {
  switch (answer) {
    case Answer::kSucceeds:
      return "succeeds";
    case Answer::kFailsWithEnospc:
      return "fails with ENOSPC";
    case Answer::kHasMode0600:
      return "has mode 0600";
    case Answer::kHasMode0666:
      return "has mode 0666";
    case Answer::kKeepsItsBytes:
      return "keeps its bytes";
    case Answer::kReadsZeroes:
      return "reads zeroes";
    case Answer::kDiesOfSigbus:
      return "dies of SIGBUS";
    case Answer::kDiesOfSigsegv:
      return "dies of SIGSEGV";
    case Answer::kNotPredicted:
      break;
  }
  return "has not been predicted";
}

/// One guess a question; the questions stand in predictions.cpp.
struct Predictions {
  Answer mode_under_a_umask;
  Answer size_beyond_all_memory;
  Answer touch_beyond_the_end;
  Answer memory_without_a_name;
};

extern const Predictions kPredictions;

}  // namespace lab
