#pragma once

#include <string_view>

namespace lab {

/// What may happen; each question of predictions.cpp says which of these can be.
enum class Answer {
  kNotPredicted,
  kGetsTheLock,
  kWaits,
  kTimesOutAtOnce,
  kSaysOwnerDead,
  kSleepsOn,
  kWakesUp,
};

/// For the report.
[[nodiscard]] constexpr std::string_view in_words(Answer answer) {
  switch (answer) {
    case Answer::kNotPredicted:
      break;
    case Answer::kGetsTheLock:
      return "gets the lock";
    case Answer::kWaits:
      return "waits until its deadline";
    case Answer::kTimesOutAtOnce:
      return "times out at once";
    case Answer::kSaysOwnerDead:
      return "says EOWNERDEAD";
    case Answer::kSleepsOn:
      return "sleeps on";
    case Answer::kWakesUp:
      return "wakes up";
  }
  return "";
}

/// One member a question; they are put in predictions.cpp.
struct Predictions {
  Answer a_writer_after_a_reader_was_killed;
  Answer a_reader_behind_a_writer_that_waits;
  Answer the_same_with_prefer_writer_np;
  Answer a_writer_with_a_monotonic_time;
  Answer atomic_notify_in_another_process;
};

extern const Predictions kPredictions;

}  // namespace lab
