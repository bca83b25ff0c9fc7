// The story as a page for the browser.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "stories.hpp"
#include "testing/markup.hpp"
#include "testing/story.hpp"

namespace {

using judge::section_of;
using judge::told;
using stories::long_one;
using stories::parsed;
using stories::race;
using stories::stale;
using stories::step;
using stories::texts;
using stories::with_threads;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Not;
using ::testing::SizeIs;

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
