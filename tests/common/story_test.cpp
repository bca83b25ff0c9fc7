// A story is told so that it fits and that nothing of weight is missing, whatever the student's source holds.

#include "testing/story.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <pugixml.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "testing/markup.hpp"

namespace {

using judge::section_of;
using judge::Story;
using judge::StoryStep;
using judge::told;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Not;
using ::testing::ResultOf;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream{text};
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string line_with(const std::string& text, const std::string& part) {
  for (const auto& line : lines_of(text)) {
    if (line.find(part) != std::string::npos) return line;
  }
  return "";
}

/// Characters, counted by another way than the one that is tested. Fails the test when the text is not UTF-8.
std::size_t characters(const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    EXPECT_FALSE(first >= 0x80 && first < 0xC0) << "broken in the middle of a character: " << text;
    at += length;
    EXPECT_LE(at, text.size()) << "the last character is cut: " << text;
  }
  return count;
}

StoryStep step(int thread, int line, std::string source, std::string text) {
  StoryStep step;
  step.thread = thread;
  step.file = "ring.hpp";
  step.line = line;
  step.source = std::move(source);
  step.text = std::move(text);
  return step;
}

StoryStep faulty(StoryStep step, std::string object = "slot") {
  step.is_fault = true;
  step.object = std::move(object);
  return step;
}

StoryStep stale(StoryStep step) {
  step.is_stale = true;
  return step;
}

/// Two threads; the second reads what the first has written.
Story race() {
  Story story;
  story.what = "data race on a slot";
  story.because = "Nothing orders the two.";
  story.extent = "in the 3rd execution";
  story.schedule = "3c1b";
  story.threads = {"producer", "consumer"};
  story.steps = {faulty(step(1, 81, "slots[0] = item;", "writes 8 bytes")),
                 step(1, 82, "tail.store(1, std::memory_order_relaxed);", "stores 1"),
                 step(2, 87, "tail.load(std::memory_order_acquire);", "reads 1"),
                 faulty(step(2, 89, "item = slots[0];", "reads 8 bytes"))};
  return story;
}

Story with_threads(std::size_t count) {
  Story story = race();
  story.threads.assign({"first", "second with a name that does not fit", "dritter Läufer", "fourth"});
  story.threads.resize(count);
  story.steps.clear();
  for (int i = 0; i < 12; ++i) {
    const int thread = i % (static_cast<int>(count) + 1);
    story.steps.push_back(step(thread, 100 + i,
                               "größe→größe→größe→größe→größe→größe→größe→größe→größe→größe→größe→größe();",
                               "läse 0, über mehr als eine Zeile, denn hier steht viel mehr, als in die Spalte passt"));
  }
  return story;
}

/// Six steps in turn, over and over; the faulty ones are far apart.
Story long_one(std::size_t steps) {
  Story story = race();
  story.steps.clear();
  for (std::size_t i = 0; i < steps; ++i) {
    const int number = static_cast<int>(i);
    story.steps.push_back(step(number % 6 < 3 ? 1 : 2, 10 + number % 6, "turn();", "turn " + std::to_string(number)));
  }
  story.steps[steps / 4] = faulty(step(1, 70, "slots[0] = item;", "the first side"), "");
  story.steps[steps - 5] = faulty(step(2, 71, "item = slots[0];", "the second side"), "");
  return story;
}

pugi::xml_document parsed(const std::string& markup) {
  pugi::xml_document document;
  const auto result = document.load_buffer(markup.data(), markup.size(), pugi::parse_default | pugi::parse_doctype);
  EXPECT_TRUE(result) << result.description() << " at byte " << result.offset << " of\n" << markup;
  return document;
}

std::vector<std::string> texts(const pugi::xml_document& document, const char* path) {
  std::vector<std::string> found;
  for (const auto& node : document.select_nodes(path)) found.emplace_back(node.node().text().get());
  return found;
}

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

TEST(Markup, HasAttributesThatEndWhereTheyShould) {
  EXPECT_EQ(judge::detail::element("a", {{"b", "\" c=\"<&"}}, "d"), "<a b=\"&quot; c=&quot;&lt;&amp;\">d</a>");
}

TEST(StoryPage, IsWellFormed) {
  const auto page = judge::page_head("Lab <7>") + section_of(race(), "Ring.HandsOver") + judge::page_foot();
  const auto document = parsed(page);
  EXPECT_STREQ(document.select_node("/html/head/title").node().text().get(), "Lab <7>");
  EXPECT_TRUE(document.select_node("/html/body/main/section/figure//svg"));
}

TEST(StoryPage, NeedsNothingElse) {
  const auto page = judge::page_head("Lab 7") + section_of(race(), "Ring.HandsOver") + judge::page_foot();
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<link")));
  EXPECT_THAT(page, Not(HasSubstr("url(")));
  EXPECT_THAT(page, Not(HasSubstr("@import")));
  EXPECT_THAT(texts(parsed(page), "//*[@src or @href]"), IsEmpty());
  EXPECT_THAT(page, HasSubstr("prefers-color-scheme: dark"));
}

TEST(StoryPage, TellsTheTitleTheSentencesAndTheSchedule) {
  const auto document = parsed(section_of(race(), "Ring.HandsOver"));
  EXPECT_THAT(texts(document, "//h2"), Contains("Ring.HandsOver"));
  EXPECT_THAT(texts(document, "//p[@class='what']"), Contains("data race on a slot"));
  EXPECT_THAT(texts(document, "//p[@class='because']"), Contains("Nothing orders the two."));
  EXPECT_THAT(texts(document, "//p[@class='repeat']"), Contains(HasSubstr("Found in the 3rd execution.")));
  EXPECT_THAT(texts(document, "//code"), Contains("3c1b"));
}

TEST(StoryPage, EscapesWhatTheStudentWrote) {
  auto story = race();
  const std::string source = R"(if (a < b && c > "d") return "</text></svg><script>alert('x')</script>";)";
  story.what = story.because = story.extent = story.schedule = source;
  story.threads = {source, source};
  for (auto& step : story.steps) step.source = step.text = step.file = source;
  const auto section = section_of(story, source);
  EXPECT_THAT(section, Not(HasSubstr("<script")));
  EXPECT_THAT(texts(parsed(section), "//text[@class='source']"), AllOf(SizeIs(4), Each(source)));
}

TEST(StoryPage, ShowsEveryLineInFull) {
  auto story = long_one(300);
  story.steps[7].source.assign(300, 'x').append("(end);");
  const auto document = parsed(section_of(story, "t"));
  EXPECT_THAT(texts(document, "//text[@class='source']"), AllOf(SizeIs(300), Contains(story.steps[7].source)));
}

TEST(StoryPage, DrawsALineForEachThreadAndADotForEachStep) {
  const auto document = parsed(section_of(race(), "t"));
  EXPECT_THAT(texts(document, "//text[@class='name']"), ::testing::ElementsAre("producer", "consumer"));
  EXPECT_EQ(document.select_nodes("//path[starts-with(@class, 'line ')]").size(), 2U);
  EXPECT_EQ(document.select_nodes("//circle[starts-with(@class, 'dot ')]").size(), 4U);
}

TEST(StoryPage, PutsLaterStepsFurtherDown) {
  const auto document = parsed(section_of(race(), "t"));
  std::vector<int> heights;
  for (const auto& node : document.select_nodes("//text[@class='source']")) {
    heights.push_back(node.node().attribute("y").as_int());
  }
  EXPECT_THAT(heights, SizeIs(4));
  EXPECT_TRUE(std::is_sorted(heights.begin(), heights.end(), std::less_equal<>{}));
}

TEST(StoryPage, HasRoomForAllThatItDraws) {
  const auto document = parsed(section_of(with_threads(4), "t"));
  const int width = document.select_node("//svg").node().attribute("width").as_int();
  const int height = document.select_node("//svg").node().attribute("height").as_int();
  std::vector<int> rights;
  std::vector<int> bottoms;
  for (const auto& node : document.select_nodes("//rect")) {
    const auto rect = node.node();
    rights.push_back(rect.attribute("x").as_int() + rect.attribute("width").as_int());
    bottoms.push_back(rect.attribute("y").as_int() + rect.attribute("height").as_int());
  }
  EXPECT_THAT(rights, AllOf(SizeIs(12), Each(Le(width))));
  EXPECT_THAT(bottoms, Each(Le(height)));
}

TEST(StoryPage, LinksTheTwoSidesOfAFault) {
  EXPECT_EQ(parsed(section_of(race(), "t")).select_nodes("//path[@class='link fault']").size(), 1U);
  auto story = race();
  story.steps[0].object = "another";
  EXPECT_EQ(parsed(section_of(story, "t")).select_nodes("//path[@class='link fault']").size(), 0U);
}

TEST(StoryPage, LinksAnOldValueWithTheNewerOne) {
  auto story = race();
  story.steps[2] = stale(story.steps[2]);
  story.steps[2].missed = 2;
  const auto document = parsed(section_of(story, "t"));
  EXPECT_EQ(document.select_nodes("//path[@class='link stale']").size(), 1U);
  EXPECT_EQ(document.select_nodes("//g[@class='box stale']").size(), 1U);
}

TEST(StoryPage, BelievesNoNumberThatIsNotThere) {
  auto story = race();
  story.threads.clear();
  story.steps[1].missed = 99;
  story.steps[2].missed = -1;
  story.steps[3].thread = -5;
  EXPECT_EQ(parsed(section_of(story, "t")).select_nodes("//path[@class='link stale']").size(), 0U);
  EXPECT_THAT(told(story), HasSubstr("item = slots[0];"));
}

}  // namespace
