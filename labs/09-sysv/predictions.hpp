#pragma once

#include <string_view>

namespace lab {

/// What may happen; each question of predictions.cpp says which of these can be.
enum class Answer {
  kNotPredicted,
  kIsTheSame,
  kIsAnother,
  kHasMode0600,
  kHasMode0666,
  kSucceeds,
  kFailsWithEinval,
  kFailsWithEnomem,
  kCountsOne,
  kCountsTwo,
  kIsStillThere,
  kIsGone,
};

/// What follows the word "it".
[[nodiscard]] constexpr std::string_view in_words(Answer answer) {
  switch (answer) {
    case Answer::kIsTheSame:
      return "is the same";
    case Answer::kIsAnother:
      return "is another";
    case Answer::kHasMode0600:
      return "has mode 0600";
    case Answer::kHasMode0666:
      return "has mode 0666";
    case Answer::kSucceeds:
      return "succeeds";
    case Answer::kFailsWithEinval:
      return "fails with EINVAL";
    case Answer::kFailsWithEnomem:
      return "fails with ENOMEM";
    case Answer::kCountsOne:
      return "counts one";
    case Answer::kCountsTwo:
      return "counts two";
    case Answer::kIsStillThere:
      return "is still there";
    case Answer::kIsGone:
      return "is gone";
    case Answer::kNotPredicted:
      break;
  }
  return "has not been predicted";
}

/// One guess a question; the questions stand in predictions.cpp.
struct Predictions {
  Answer key_of_project_257;
  Answer mode_under_a_umask;
  Answer larger_size_of_an_existing_segment;
  Answer users_after_a_fork;
  Answer attaching_by_the_id_after_removal;
  Answer segment_whose_users_were_killed;
};

extern const Predictions kPredictions;

}  // namespace lab
