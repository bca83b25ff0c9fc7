#pragma once

#include <gmock/gmock.h>

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "shm/not_implemented.hpp"
#include "testing/subject.hpp"
#include "testing/verdict.hpp"

/// Predict, then run: a lab's table of guesses is compared with what happens on this machine.
namespace judge {

/// Makes the experiment in a subject, for it may die there; what becomes of it says nothing about the student's code,
/// so it is left out of the verdict and of the report.
template <typename Body>
[[nodiscard]] auto experiment(Body body) {
  auto outcome = subject(std::move(body));
  detail::notes().endings.pop_back();
  return outcome;
}

/// A guess as a subject gave it, in words.
struct Prediction {
  Ending ending;
  std::string words;  ///< as in_words() of the lab says it; empty when there is none
};

inline void PrintTo(const Prediction& prediction, std::ostream* out) {
  *out << (prediction.words.empty() ? prediction.ending.sentence() : "predicted was: it " + prediction.words);
}

/// Reads a prediction in a subject, for the table is the student's. An answer of value 0 is none: it comes out as not
/// started.
/// @param ask  returns one member of the table; its type has an in_words() beside it
template <typename Ask>
[[nodiscard]] Prediction predicted(Ask ask) {
  const auto outcome = subject([&] {
    const auto answer = ask();
    if (answer == decltype(answer){}) throw shm::NotImplemented{"step 0: predict"};
    return std::string{in_words(answer)};
  });
  return {.ending = outcome, .words = outcome.value.value_or("")};
}

namespace detail {

MATCHER_P(HappensInWords, seen, "on this machine it " + std::string{seen}) { return arg.words == seen; }

}  // namespace detail

/// The prediction came true: EXPECT_THAT(judge::predicted(...), judge::Happens(what_was_seen)).
/// @param seen  what the test saw on this machine
template <typename Answer>
[[nodiscard]] auto Happens(Answer seen) {
  return detail::HappensInWords(std::string{in_words(seen)});
}

}  // namespace judge
