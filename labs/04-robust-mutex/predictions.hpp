#pragma once

#include <string_view>

namespace lab {

/// What the next one may find who locks a mutex; each question of predictions.cpp says which of these can be.
enum class Answer {
  kNotPredicted,
  kLocks,
  kSaysOwnerDead,
  kSaysNotRecoverable,
  kSaysDeadlock,
  kWaitsInVain,
  kTimesOutAtOnce,
};

/// For the report.
[[nodiscard]] constexpr std::string_view in_words(Answer answer) {
  switch (answer) {
    case Answer::kNotPredicted:
      return "has not been predicted";
    case Answer::kLocks:
      return "gets the lock, as if nothing had happened";
    case Answer::kSaysOwnerDead:
      return "says EOWNERDEAD";
    case Answer::kSaysNotRecoverable:
      return "says ENOTRECOVERABLE";
    case Answer::kSaysDeadlock:
      return "says EDEADLK";
    case Answer::kWaitsInVain:
      return "waits in vain, until its deadline";
    case Answer::kTimesOutAtOnce:
      return "says ETIMEDOUT at once";
  }
  return "";
}

/// One member a question; they are put in predictions.cpp.
struct Predictions {
  Answer owner_left_by_exit;
  Answer owner_of_a_plain_mutex_was_killed;
  Answer owner_unmapped_the_mutex;
  Answer unlocked_without_consistent;
  Answer timed_by_the_wrong_clock;
};
extern const Predictions kPredictions;

}  // namespace lab
