// The story of an execution that went wrong comes with the report: bounded, and made harmless.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "autograder/record.hpp"
#include "autograder/report.hpp"
#include "fake_course.hpp"

namespace grading_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::size_t kMostBytes = 12'500;  // forty lines of a hundred characters, and what says that it is cut

TEST(Story, IsInEveryReport) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", "Alpha.One passed\nAlpha.Two tells\nAlpha.Three passed\n");
  const grading::Report report = course.grade("1");
  const auto result = result_of(report.labs.at(0), "Alpha.Two");
  EXPECT_EQ(result.story, "  ┃ writes 1\n  ✗ a data race");
  EXPECT_THAT(result_of(report.labs.at(0), "Alpha.One").story, IsEmpty());

  EXPECT_THAT(render_terminal(report, false), HasSubstr("  ┃ writes 1\n  ✗ a data race\n"));
  write_json(report, course.root() / "report.json");
  EXPECT_THAT(nlohmann::json::parse(read(course.root() / "report.json")).dump(), HasSubstr("┃ writes 1\\n"));
  write_junit(report, course.root() / "report.xml");
  EXPECT_THAT(read(course.root() / "report.xml"), HasSubstr("┃ writes 1\n"));
  EXPECT_THAT(read(course.root() / result.log), HasSubstr("--- the story\n  ┃ writes 1\n  ✗ a data race\n"));
}

TEST(Story, IsShownOnceForEachLab) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", "Alpha.One tells\nAlpha.Two tells\nAlpha.Three tells\n");
  const std::string page = render_terminal(course.grade("1"), false);
  EXPECT_NE(page.find("┃ writes 1"), std::string::npos);
  EXPECT_EQ(page.find("┃ writes 1"), page.rfind("┃ writes 1"));
}

TEST(Story, IsBoundedAndHarmless) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", "Alpha.Two rambles\n");
  const grading::Report report = course.grade("1");
  const auto result = result_of(report.labs.at(0), "Alpha.Two");
  EXPECT_THAT(result.story, AllOf(HasSubstr("┃ writes 1\n"), Not(HasSubstr("writes 2999")), Not(HasSubstr("\x1b"))));
  EXPECT_LE(result.story.size(), kMostBytes);
  EXPECT_THAT(render_terminal(report, false), Not(HasSubstr("\x1b")));
  EXPECT_THAT(read(course.root() / result.log), Not(HasSubstr("\x1b")));
}

TEST(Story, OutlivesARecordThatIsCutInALaterField) {
  const auto record = grading::parse_record(
      R"({"event":"end","test":"A.B","outcome":"failed","story":"  one\ntwo","stacks":"cut in the mid)");
  EXPECT_EQ(record.event, grading::Record::Event::kEnd);
  EXPECT_EQ(record.result.story, "  one\ntwo") << "its first line keeps its indentation";
}

TEST(Story, ThatIsNoTextIsNone) {
  EXPECT_EQ(grading::parse_record(R"({"event":"end","test":"A.B","outcome":"failed","story":{"a":1}})").result.story,
            "");
}

}  // namespace
}  // namespace grading_test
