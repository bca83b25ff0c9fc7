// A story is told so that it fits and that nothing of weight is missing, whatever the student's source holds.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "stories.hpp"
#include "testing/story.hpp"

namespace {

using judge::section_of;
using judge::Story;
using judge::StoryStep;
using judge::told;
using stories::characters;
using stories::line_with;
using stories::lines_of;
using stories::parsed;
using stories::race;
using stories::stale;
using stories::step;
using stories::texts;
using stories::with_threads;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;
using ::testing::ResultOf;
using ::testing::StartsWith;

TEST(Story, OfNothingIsNotTold) {
  EXPECT_EQ(told(Story{}), "");
  EXPECT_EQ(section_of(Story{}, "Ring.HandsOver"), "");
  auto nothing_wrong = race();
  nothing_wrong.what.clear();
  EXPECT_EQ(told(nothing_wrong), "");
  EXPECT_EQ(section_of(nothing_wrong, "Ring.HandsOver"), "");
}

TEST(Story, NamesTheThreadsOverTheirColumns) {
  const auto text = told(race());
  const auto column = [](const std::string& line, const char* part) {
    return characters(line.substr(0, line.find(part)));
  };
  const auto heading = line_with(text, "producer");
  EXPECT_EQ(column(heading, "producer"), column(line_with(text, "slots[0] = item;"), "┃"));
  EXPECT_EQ(column(heading, "consumer"), column(line_with(text, "item = slots[0];"), "┃"));
  EXPECT_EQ(column(heading, "producer"), column(line_with(text, "item = slots[0];"), "│"));
  EXPECT_GT(column(heading, "consumer"), column(heading, "producer"));
}

TEST(Story, ShowsTheSourceAndWhatItCameTo) {
  const auto line = line_with(told(race()), "slots[0] = item;");
  EXPECT_THAT(line, AllOf(StartsWith(" 1 ✗"), HasSubstr("81  slots[0] = item;  → writes 8 bytes")));
}

TEST(Story, EndsWithWhatWhyAndHowToRepeatIt) {
  const auto lines = lines_of(told(race()));
  EXPECT_THAT(lines.back(), Eq("  Found in the 3rd execution. Schedule: 3c1b"));
  EXPECT_THAT(lines.at(lines.size() - 2), Eq("  Nothing orders the two."));
  EXPECT_THAT(lines.at(lines.size() - 3), Eq("✗ data race on a slot"));
}

TEST(Story, MarksTheFaultySteps) {
  const auto text = told(race());
  EXPECT_THAT(line_with(text, "writes 8 bytes"), HasSubstr("✗"));
  EXPECT_THAT(line_with(text, "item = slots[0];"), HasSubstr("✗"));
  EXPECT_THAT(line_with(text, "82  tail.store"), Not(HasSubstr("✗")));
}

TEST(Story, MarksAnOldValueThatWasRead) {
  auto story = race();
  story.steps[2] = stale(story.steps[2]);
  EXPECT_THAT(line_with(told(story), "87  tail.load"), StartsWith(" 3  !"));
  EXPECT_THAT(line_with(told(race()), "87  tail.load"), StartsWith(" 3   "));
}

TEST(Story, ShowsALineOfSourceOnceForTheStepsInIt) {
  auto story = race();
  story.steps = {step(1, 7, "++count;", "reads 1"), step(1, 7, "++count;", "writes 2"),
                 step(2, 7, "++count;", "reads 2")};
  const auto lines = lines_of(told(story));
  EXPECT_THAT(lines.at(2), HasSubstr("7  ++count;  → reads 1"));
  EXPECT_THAT(lines.at(3), AllOf(HasSubstr("→ writes 2"), Not(HasSubstr("++count"))));
  EXPECT_THAT(lines.at(4), HasSubstr("7  ++count;  → reads 2"));
}

TEST(Story, NamesTheFileWhereItChanges) {
  auto story = race();
  EXPECT_EQ(lines_of(told(story)).front(), "ring.hpp");
  story.steps[3].file = "seat.cpp";
  EXPECT_THAT(line_with(told(story), "slots[0] = item;"), HasSubstr("ring.hpp:81  "));
  EXPECT_THAT(line_with(told(story), "tail.store"), HasSubstr("┃ 82  "));
  EXPECT_THAT(line_with(told(story), "item = slots[0];"), HasSubstr("seat.cpp:89  "));
}

TEST(Story, LeavesOutWhatGoesWithoutSayingWhenALineIsTooNarrow) {
  const auto text = told(race(), 60);
  EXPECT_THAT(line_with(text, "87  tail"), HasSubstr("tail.load(acquire);"));
  EXPECT_THAT(told(race()), HasSubstr("tail.load(std::memory_order_acquire);"));
}

TEST(Story, CutsTheMiddleOfALongLineSoThatItsMemoryOrderStays) {
  auto story = race();
  story.steps[2].source =
      "const std::uint64_t tail = this->producer_half_of_the_ring_.tail.load(std::memory_order_acquire);";
  EXPECT_THAT(line_with(told(story, 80), "87  const"), AllOf(HasSubstr("…"), HasSubstr("load(acquire);")));
}

TEST(Story, TellsStepsWithoutSource) {
  auto story = race();
  story.steps.push_back(StoryStep{});
  story.steps.back().thread = 2;
  story.steps.back().text = "killed by SIGKILL";
  EXPECT_THAT(line_with(told(story), "SIGKILL"), HasSubstr("┃ killed by SIGKILL"));
  EXPECT_THAT(section_of(story, "t"), HasSubstr(">killed by SIGKILL</text>"));
}

TEST(Story, TellsSourceWhoseLineIsNotKnown) {
  auto story = race();
  story.steps = {step(1, 0, "open();", "gives 3"), step(1, 0, "close();", "gives 0")};
  EXPECT_THAT(told(story), AllOf(HasSubstr("┃ open();  → gives 3"), HasSubstr("┃ close();  → gives 0")));
}

TEST(Story, LetsTheSetupAndTheEndSpanTheWidth) {
  auto story = race();
  story.steps.insert(story.steps.begin(), step(0, 5, "Ring ring{2};", "an empty ring"));
  EXPECT_THAT(line_with(told(story), "Ring ring{2};"), AllOf(HasSubstr("─ 5  Ring"), Not(HasSubstr("│"))));
}

TEST(Story, NamesThreadsThatHaveNoName) {
  auto story = race();
  story.threads.clear();
  EXPECT_THAT(lines_of(told(story)).at(1), AllOf(HasSubstr("thread 1"), HasSubstr("thread 2")));
}

class Width : public ::testing::TestWithParam<int> {};

TEST_P(Width, IsNotExceededByTwoThreads) {
  EXPECT_THAT(lines_of(told(with_threads(2), GetParam())), Each(ResultOf(characters, Le(GetParam()))));
}

TEST_P(Width, IsNotExceededByThreeThreads) {
  EXPECT_THAT(lines_of(told(with_threads(3), GetParam())), Each(ResultOf(characters, Le(GetParam()))));
}

TEST_P(Width, IsNotExceededByFourThreads) {
  EXPECT_THAT(lines_of(told(with_threads(4), GetParam())), Each(ResultOf(characters, Le(GetParam()))));
}

INSTANTIATE_TEST_SUITE_P(Story, Width, ::testing::Values(1, 7, 20, 40, 60, 80, 99, 100, 140));

TEST(Story, UsesTheWidthThatThereIs) {
  EXPECT_THAT(lines_of(told(with_threads(3), 100)), Contains(ResultOf(characters, Eq(100U))));
}

TEST(StoryFromElsewhere, DoesNothingToTheTerminal) {
  auto story = race();
  story.steps[0].source = "a\x1b[31mb\tc\nd \xc2\x9b e";
  EXPECT_THAT(line_with(told(story), "81  "), HasSubstr("81  a\xEF\xBF\xBD[31mb c d \xEF\xBF\xBD e"));
  story.what = story.because = story.extent = story.schedule = story.steps[1].text = story.steps[1].file = "\x1b[31m";
  story.threads = {"\x1b[31m", "\x1b[31m"};
  EXPECT_THAT(told(story), Not(HasSubstr("\x1b")));
}

TEST(StoryFromElsewhere, IsShownAsUtf8WhateverItsBytes) {
  auto story = race();
  story.steps[0].source = "a\xff z \xc3( \xe2\x82 \xed\xa0\x80 \xc0\xaf ü€😀";
  const std::string lost = "\xEF\xBF\xBD";
  const std::string shown =
      "a" + lost + " z " + lost + "( " + lost + lost + " " + lost + lost + lost + " " + lost + lost + " ü€😀";
  EXPECT_THAT(told(story), HasSubstr(shown));
  EXPECT_THAT(texts(parsed(section_of(story, "t")), "//text[@class='source']"), Contains(shown));
}

}  // namespace
