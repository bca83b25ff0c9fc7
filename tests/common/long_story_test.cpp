// What is left out of a story that is too long, and what never is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "stories.hpp"
#include "testing/story.hpp"

namespace {

using judge::told;
using stories::characters;
using stories::lines_of;
using stories::long_one;
using stories::race;
using stories::stale;
using stories::step;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;
using ::testing::ResultOf;
using ::testing::SizeIs;

TEST(LongStory, HasAtMostFortyLines) {
  EXPECT_THAT(lines_of(told(long_one(1000))), SizeIs(AllOf(Le(40U), ::testing::Ge(36U))));
}

TEST(LongStory, KeepsItsFaultySteps) {
  EXPECT_THAT(told(long_one(1000)), AllOf(HasSubstr("the first side"), HasSubstr("the second side")));
}

TEST(LongStory, KeepsAnOldValueThatWasRead) {
  auto story = long_one(1000);
  story.steps[500] = stale(step(2, 90, "tail.load();", "reads 2, stale"));
  EXPECT_THAT(told(story), HasSubstr("reads 2, stale"));
}

TEST(LongStory, KeepsWhatElseConcernsTheObjectOfAFaultyStep) {
  auto story = long_one(1000);
  story.steps[250].object = "slot";
  story.steps[400].object = "slot";
  EXPECT_THAT(told(story), HasSubstr("turn 400"));
  story.steps[400].object = "another";
  EXPECT_THAT(told(story), Not(HasSubstr("turn 400")));
}

TEST(LongStory, KeepsTheStepsBeforeItsEnd) {
  EXPECT_THAT(told(long_one(1000)), AllOf(HasSubstr("turn 999"), HasSubstr("turn 990"), Not(HasSubstr("turn 300"))));
}

TEST(LongStory, IsNotFilledByALoopThatReadsTheSameOldValue) {
  auto story = long_one(1000);
  for (std::size_t i = 300; i < 900; ++i) story.steps[i] = stale(step(2, 90, "tail.load();", "reads 2, stale"));
  EXPECT_THAT(told(story), AllOf(HasSubstr("reads 2, stale"), HasSubstr("turn 999"), HasSubstr("turn 990")));
}

TEST(LongStory, SaysHowManyStepsOfWhomAreLeftOut) {
  auto story = long_one(1000);
  for (std::size_t i = 0; i < 250; ++i) story.steps[i].thread = 1;
  EXPECT_THAT(lines_of(told(story)).at(2), HasSubstr("… 250 steps of the producer"));
  EXPECT_THAT(told(story), HasSubstr(" steps of the producer and the consumer"));
}

TEST(LongStory, KeepsItsLastFaultsWhenNotAllOfThemFit) {
  auto story = long_one(1000);
  for (auto& step : story.steps) step.is_fault = true;
  EXPECT_THAT(lines_of(told(story)), SizeIs(Le(40U)));
  EXPECT_THAT(told(story), HasSubstr("turn 999"));
}

TEST(LongStory, KeepsToAnyNumberOfLines) {
  EXPECT_THAT(lines_of(told(long_one(1000), 100, 20)), SizeIs(Le(20U)));
  EXPECT_THAT(lines_of(told(long_one(1000), 100, 9)), SizeIs(Le(9U)));
  EXPECT_THAT(lines_of(told(long_one(1000), 100, 3)), SizeIs(Le(3U)));
  EXPECT_THAT(told(long_one(1000), 100, 3), HasSubstr("data race on a slot"));
  EXPECT_EQ(told(long_one(1000), 100, 0), "");
}

TEST(LongStory, EndsInFewLinesWhateverItsSentences) {
  auto story = long_one(1000);
  story.what = std::string(5000, 'w');
  story.because = std::string(5000, 'b');
  EXPECT_THAT(lines_of(told(story)), AllOf(SizeIs(Le(40U)), Each(ResultOf(characters, Le(100U)))));
  EXPECT_THAT(told(story),
              AllOf(HasSubstr("the second side"), HasSubstr("Schedule: 3c1b"), HasSubstr("w…\n"), HasSubstr("b…\n")));
}

}  // namespace
