#pragma once

#include <string_view>

namespace lab {

/// What may happen; beside each question in predictions.cpp stands which of these can be.
enum class Answer {
  kNotPredicted,
  kSucceeds,
  kFailsWithEsrch,
  kFailsWithEbusy,
  kFailsWithEownerdead,
  kFailsWithEnotrecoverable,
  kIsTheNextSlot,
  kIsTheSameSlot,
};

/// What follows the word "it".
[[nodiscard]] constexpr std::string_view in_words(Answer answer) {
  switch (answer) {
    case Answer::kSucceeds:
      return "succeeds";
    case Answer::kFailsWithEsrch:
      return "fails with ESRCH";
    case Answer::kFailsWithEbusy:
      return "fails with EBUSY";
    case Answer::kFailsWithEownerdead:
      return "fails with EOWNERDEAD";
    case Answer::kFailsWithEnotrecoverable:
      return "fails with ENOTRECOVERABLE";
    case Answer::kIsTheNextSlot:
      return "is the next slot";
    case Answer::kIsTheSameSlot:
      return "is the same slot once more";
    case Answer::kNotPredicted:
      break;
  }
  return "has not been predicted";
}

/// One guess a question; the questions stand in predictions.cpp.
struct Predictions {
  Answer pid_of_a_child_that_died;
  Answer lock_whose_owner_died;
  Answer lock_that_was_not_repaired;
  Answer slot_behind_the_last_position;
};

extern const Predictions kPredictions;

}  // namespace lab
