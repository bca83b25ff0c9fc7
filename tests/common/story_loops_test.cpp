// What a thread does again and again is told once.

#include "testing/story_loops.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using judge::Story;
using judge::StoryStep;
using judge::detail::tell_loops_once;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

StoryStep reads_at(int thread, int line, std::string text = "reads 0") {
  StoryStep step;
  step.thread = thread;
  step.file = "ring.hpp";
  step.line = line;
  step.text = std::move(text);
  return step;
}

// "thread line text" of each step.
std::vector<std::string> steps_told(std::vector<StoryStep> steps) {
  Story story;
  story.steps = std::move(steps);
  tell_loops_once(story);
  std::vector<std::string> texts;
  for (const auto& one : story.steps) {
    texts.push_back(std::to_string(one.thread) + " " + (one.line == 0 ? "" : std::to_string(one.line) + " ") +
                    one.text);
  }
  return texts;
}

std::vector<StoryStep> times(int count, const std::vector<StoryStep>& round) {
  std::vector<StoryStep> steps;
  for (int i = 0; i < count; ++i) steps.insert(steps.end(), round.begin(), round.end());
  return steps;
}

TEST(Loop, OfOneStepIsToldOnce) {
  EXPECT_THAT(steps_told(times(5, {reads_at(1, 7)})), ElementsAre("1 7 reads 0", "1 … and the same 4 times more"));
}

TEST(Loop, OfSeveralStepsIsToldOnce) {
  EXPECT_THAT(steps_told(times(3, {reads_at(2, 7), reads_at(2, 8), reads_at(2, 9)})),
              ElementsAre("2 7 reads 0", "2 8 reads 0", "2 9 reads 0", "2 … and the same 2 times more"));
}

TEST(Loop, OfTwoRoundsIsToldAsItIs) {
  EXPECT_THAT(steps_told(times(2, {reads_at(1, 7), reads_at(1, 8)})),
              ElementsAre("1 7 reads 0", "1 8 reads 0", "1 7 reads 0", "1 8 reads 0"));
}

TEST(Loop, KeepsWhatComesBeforeAndBehind) {
  auto steps = times(4, {reads_at(1, 7), reads_at(1, 8)});
  steps.insert(steps.begin(), reads_at(1, 1));
  steps.push_back(reads_at(1, 7));  // a round that is not finished
  steps.push_back(reads_at(1, 99));
  EXPECT_THAT(steps_told(steps), ElementsAre("1 1 reads 0", "1 7 reads 0", "1 8 reads 0",
                                             "1 … and the same 3 times more", "1 7 reads 0", "1 99 reads 0"));
}

TEST(Loop, IsNoneWhenAnotherThreadComesInBetween) {
  const auto steps = times(4, {reads_at(1, 7), reads_at(2, 8)});
  EXPECT_EQ(steps_told(steps).size(), steps.size());
}

TEST(Loop, EndsWhereAnotherValueIsSeen) {
  auto steps = times(4, {reads_at(1, 7)});
  steps.push_back(reads_at(1, 7, "reads 1"));
  EXPECT_THAT(steps_told(steps), ElementsAre("1 7 reads 0", "1 … and the same 3 times more", "1 7 reads 1"));
}

TEST(Loop, EndsWhereAnotherThreadDoesTheSame) {
  auto steps = times(4, {reads_at(1, 7)});
  for (int i = 0; i < 4; ++i) steps.push_back(reads_at(2, 7));
  EXPECT_THAT(steps_told(steps), ElementsAre("1 7 reads 0", "1 … and the same 3 times more", "2 7 reads 0",
                                             "2 … and the same 3 times more"));
}

TEST(Loop, NeverHidesAFault) {
  auto steps = times(6, {reads_at(1, 7)});
  steps[5].is_fault = true;
  const auto texts = steps_told(steps);
  EXPECT_THAT(texts, ElementsAre("1 7 reads 0", "1 … and the same 4 times more", "1 7 reads 0"));
}

TEST(Loop, IsToldByTheShortestRoundThatCoversMost) {
  // a a b a a b a a b: rounds of three, not of one.
  EXPECT_THAT(steps_told(times(3, {reads_at(1, 7), reads_at(1, 7), reads_at(1, 8)})),
              ElementsAre("1 7 reads 0", "1 7 reads 0", "1 8 reads 0", "1 … and the same 2 times more"));
}

TEST(Loop, LongerThanTwelveStepsIsToldAsItIs) {
  std::vector<StoryStep> round;
  for (int line = 1; line <= 13; ++line) round.push_back(reads_at(1, line));
  EXPECT_EQ(steps_told(times(3, round)).size(), 39U);
}

TEST(Loop, OfNothingIsNothing) { EXPECT_THAT(steps_told({}), IsEmpty()); }

TEST(Loop, ThatIsToldOnceMovesWhatAStaleReadPointsAt) {
  Story story;
  story.steps = times(5, {reads_at(1, 7)});
  story.steps.push_back(reads_at(2, 8));
  story.steps.push_back(reads_at(1, 9));
  story.steps.back().missed = 6;  // what thread 2 did
  tell_loops_once(story);
  ASSERT_EQ(story.steps.size(), 4U);
  EXPECT_EQ(story.steps[3].missed, 3);
}

}  // namespace
