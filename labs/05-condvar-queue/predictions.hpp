#pragma once

#include <string_view>

namespace lab {

/// What may happen; each question of predictions.cpp says which of these can be.
enum class Answer {
  kNotPredicted,
  kWakesTheLiveOne,
  kWakesNobody,
  kNeverReturns,
  kSleepsOn,
  kWakesUp,
  kTimesOutAtOnce,
  kWaits,
  kIsRefused,
  kSaysThatTheOwnerDied,
  kSaysThatItTimedOut,
};

/// For the report.
[[nodiscard]] constexpr std::string_view in_words(Answer answer) {
  switch (answer) {
    case Answer::kNotPredicted:
      break;
    case Answer::kWakesTheLiveOne:
      return "wakes the one that lives";
    case Answer::kWakesNobody:
      return "wakes nobody";
    case Answer::kNeverReturns:
      return "never returns";
    case Answer::kSleepsOn:
      return "sleeps on";
    case Answer::kWakesUp:
      return "wakes up";
    case Answer::kTimesOutAtOnce:
      return "times out at once";
    case Answer::kWaits:
      return "waits";
    case Answer::kIsRefused:
      return "is refused with EINVAL";
    case Answer::kSaysThatTheOwnerDied:
      return "returns EOWNERDEAD";
    case Answer::kSaysThatItTimedOut:
      return "returns ETIMEDOUT";
  }
  return "";
}

/// One member a question; they are put in predictions.cpp.
struct Predictions {
  Answer a_signal_after_three_were_killed;
  Answer a_broadcast_after_one_was_killed;
  Answer who_waits_while_the_owner_is_killed;
  Answer a_monotonic_time_at_a_default_condition;
  Answer a_wait_that_gets_the_lock_of_a_dead_one;
};

extern const Predictions kPredictions;

}  // namespace lab
