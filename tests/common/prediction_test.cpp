#include "testing/prediction.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

enum class Answer { kNotPredicted, kStays, kGoes };
constexpr std::string_view in_words(Answer answer) {
  switch (answer) {
    case Answer::kStays:
      return "stays";
    case Answer::kGoes:
      return "goes";
    case Answer::kNotPredicted:
      break;
  }
  return "";
}

TEST(Prediction, ThatCameTrue) {
  EXPECT_THAT(judge::predicted([] { return Answer::kStays; }), judge::Happens(Answer::kStays));
}

TEST(Prediction, ThatMissedIsToldBesideWhatHappened) {
  const judge::Prediction guess = judge::predicted([] { return Answer::kGoes; });
  EXPECT_THAT(guess, ::testing::Not(judge::Happens(Answer::kStays)));
  EXPECT_EQ(::testing::PrintToString(guess), "predicted was: it goes");
  EXPECT_EQ(::testing::DescribeMatcher<judge::Prediction>(judge::Happens(Answer::kStays)), "on this machine it stays");
}

}  // namespace
