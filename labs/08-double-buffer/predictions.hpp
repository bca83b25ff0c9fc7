#pragma once

#include <string_view>

namespace lab {

/// What may happen; each question of predictions.cpp says which of these can be.
enum class Answer {
  kNotPredicted,
  kIsAlwaysWhole,
  kIsTornAtTimes,
  kNeverGoesBack,
  kGoesBackAtTimes,
  kIsLockFree,
  kTakesALock,
  kKeepsWhatWasWritten,
  kIsUndone,
};

/// What follows the word "it".
[[nodiscard]] constexpr std::string_view in_words(Answer answer) {
  switch (answer) {
    case Answer::kIsAlwaysWhole:
      return "is always whole";
    case Answer::kIsTornAtTimes:
      return "is torn at times";
    case Answer::kNeverGoesBack:
      return "never goes back";
    case Answer::kGoesBackAtTimes:
      return "goes back at times";
    case Answer::kIsLockFree:
      return "is lock-free";
    case Answer::kTakesALock:
      return "takes a lock";
    case Answer::kKeepsWhatWasWritten:
      return "keeps what was written";
    case Answer::kIsUndone:
      return "is undone";
    case Answer::kNotPredicted:
      break;
  }
  return "has not been predicted";
}

/// One guess a question; the questions stand in predictions.cpp.
struct Predictions {
  Answer sixty_four_bytes_of_a_textbook_buffer;
  Answer one_word_of_a_textbook_buffer;
  Answer an_atomic_of_sixty_four_bytes;
  Answer half_a_value_whose_writer_was_killed;
};

extern const Predictions kPredictions;

}  // namespace lab
