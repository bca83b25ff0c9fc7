#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "autograder/errors.hpp"
#include "fake_course.hpp"

namespace grading_test {
namespace {

using grading::LabReport;
using grading::LabStatus;
using grading::Outcome;
using grading::Report;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Grade, GivesTheSolutionsFullMarks) {
  const FakeCourse course;

  const Report report = course.grade_at(course.root() / "solutions");

  EXPECT_EQ(report.score, 17);
  EXPECT_EQ(report.max_score, 17);
  EXPECT_EQ(report.labs[0].status, LabStatus::kFullMarks);
  EXPECT_EQ(report.labs[1].status, LabStatus::kFullMarks);
  EXPECT_TRUE(report.worked());
}

TEST(Grade, CallsTheSkeletonNotStartedAndSaysWhatIsNext) {
  const FakeCourse course;

  const Report report = course.grade_at(course.root() / "labs");

  EXPECT_EQ(report.score, 0);
  EXPECT_EQ(report.labs[0].status, LabStatus::kNotStarted);
  EXPECT_EQ(report.labs[0].next.step, 1);
  EXPECT_EQ(report.labs[0].next.test, "Alpha.One");
  EXPECT_THAT(report.labs[0].next.command, HasSubstr("make check LAB=01 TEST=Alpha.One"));
  EXPECT_TRUE(report.worked());
}

TEST(Grade, SaysWhatIsNextSoThatAShellUnderstandsIt) {
  const FakeCourse course;
  const fs::path submission = course.root() / "Anne's work";
  fs::copy(course.root() / "labs", submission, fs::copy_options::recursive);

  const Report report = course.grade_at(submission);

  EXPECT_THAT(report.labs[0].next.command,
              HasSubstr("SUBMISSION='" + (course.root() / "Anne'\\''s work").string() + "'"));
}

TEST(Grade, AddsThePointsOfEachTestUnderEachChecker) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp",
                 "Alpha.One passed\nAlpha.Two failed\nAlpha.Three passed unit\nAlpha.Three failed tsan\n");

  const LabReport lab = course.grade("1").labs[0];

  EXPECT_EQ(lab.score, 2 + 1 + 4);
  EXPECT_EQ(lab.max_score, 12);
  EXPECT_EQ(lab.steps[0].score, 3);
  EXPECT_EQ(lab.steps[1].score, 4);
  EXPECT_EQ(lab.steps[1].tests, 2);
  EXPECT_EQ(lab.steps[1].tests_passed, 0);
  EXPECT_EQ(lab.next.step, 2);
  EXPECT_EQ(lab.next.test, "Alpha.Two");
}

TEST(Grade, RunsOneCheckerAloneWhenAsked) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", "Alpha.One passed\n");

  const Report report = course.grade("alpha", {"tsan"});

  EXPECT_EQ(report.score, 1);
  EXPECT_EQ(report.max_score, 3);
  EXPECT_FALSE(report.all_checkers);
}

TEST(Grade, ShowsTheFirstErrorAtTheStudentsLine) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", "Alpha.One passed\nSYNTAX ERROR\nSYNTAX ERROR\n");
  course.hand_in("02-beta/ring.hpp", "Beta.One passed\n");
  course.hand_in("02-beta/more.cpp", "//\n");

  const Report report = course.grade();

  EXPECT_EQ(report.labs[0].status, LabStatus::kDoesNotCompile);
  EXPECT_EQ(report.labs[0].errors.front(), "answer.cpp:2: expected a semicolon");
  EXPECT_EQ(result_of(report.labs[0], "Alpha.One").outcome, Outcome::kDoesNotCompile);
  EXPECT_EQ(report.labs[1].score, 5);
  EXPECT_TRUE(report.worked());
}

TEST(Grade, ForgetsTheErrorOnceItIsMended) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", "SYNTAX ERROR\n");
  ASSERT_EQ(course.grade("1").labs[0].status, LabStatus::kDoesNotCompile);

  course.hand_in("01-alpha/answer.cpp", "Alpha.One passed\n");

  EXPECT_THAT(course.grade("1").labs[0].errors, ElementsAre());
}

TEST(Grade, NamesAFunctionThatTheLinkerMisses) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", "NO SUCH FUNCTION\n");

  const LabReport lab = course.grade("1").labs[0];

  EXPECT_EQ(lab.status, LabStatus::kDoesNotCompile);
  EXPECT_THAT(lab.errors.front(), HasSubstr("lab::create(int) is declared, but your file does not define it"));
}

TEST(Grade, ShowsTheCompilersWarningsBesideTheResult) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", "Alpha.One passed\n// WARNING\n");

  const LabReport lab = course.grade("1").labs[0];

  EXPECT_THAT(lab.warnings, ElementsAre("answer.cpp:2: unused variable"));
  EXPECT_EQ(result_of(lab, "Alpha.One").outcome, Outcome::kPassed);
}

TEST(Grade, DoesNotBlameTheStudentForOurOwnFault) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", "OUR OWN FAULT\n");

  const Report report = course.grade("1");

  EXPECT_EQ(report.labs[0].status, LabStatus::kCouldNotGrade);
  EXPECT_FALSE(report.worked());
}

TEST(Grade, SaysLoudlyThatATestOfTheRubricDoesNotExist) {
  const FakeCourse course;
  course.hand_in("02-beta/ring.hpp", "Beta.One passed\n");
  course.hand_in("02-beta/more.cpp", "//\n");
  write(course.root() / "common/02-beta.tests", "Beta.Other");

  const Report report = course.grade("2");

  EXPECT_EQ(result_of(report.labs[0], "Beta.One").outcome, Outcome::kNotRun);
  EXPECT_THAT(report.labs[0].message, HasSubstr("the suite has no test Beta.One"));
  EXPECT_FALSE(report.worked());
}

TEST(Grade, BlamesTheTestInWhichTheSuiteDiedAndRunsTheOthers) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", "Alpha.One passed\nAlpha.Two die\nAlpha.Three passed\n");

  const LabReport lab = course.grade("1", {"unit"}).labs[0];

  EXPECT_EQ(result_of(lab, "Alpha.One").outcome, Outcome::kPassed);
  EXPECT_EQ(result_of(lab, "Alpha.Two").outcome, Outcome::kCrashed);
  EXPECT_THAT(result_of(lab, "Alpha.Two").happened,
              AllOf(HasSubstr("the suite itself died here"), HasSubstr("SIGSEGV")));
  EXPECT_EQ(result_of(lab, "Alpha.Three").outcome, Outcome::kPassed);
  EXPECT_EQ(lab.score, 2 + 4);
}

TEST(Grade, TakesAnEarlyExitForNoPass) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", "Alpha.One leave\nAlpha.Two passed\nAlpha.Three leave\n");

  const LabReport lab = course.grade("1", {"unit"}).labs[0];

  EXPECT_EQ(result_of(lab, "Alpha.One").outcome, Outcome::kCrashed);
  EXPECT_EQ(result_of(lab, "Alpha.Two").outcome, Outcome::kPassed);
  EXPECT_EQ(result_of(lab, "Alpha.Three").outcome, Outcome::kCrashed);
  EXPECT_EQ(lab.score, 3);
}

TEST(Grade, EndsAHangingSuiteWithEverythingItStarted) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", "Alpha.One passed\nAlpha.Two hang\nAlpha.Three passed\n");

  const LabReport lab = course.grade("1", {"unit"}).labs[0];

  EXPECT_EQ(result_of(lab, "Alpha.Two").outcome, Outcome::kTimedOut);
  EXPECT_EQ(result_of(lab, "Alpha.Three").outcome, Outcome::kPassed);
  const std::string pid = read(course.root() / "build/hanging");
  EXPECT_FALSE(fs::exists("/proc/" + pid.substr(0, pid.find('\n')))) << pid;
}

TEST(Grade, EndsASuiteThatEatsTheMemory) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", "Alpha.One eat\n");

  const LabReport lab = course.grade("1", {"unit"}).labs[0];

  EXPECT_EQ(result_of(lab, "Alpha.One").outcome, Outcome::kCrashed);
  EXPECT_THAT(result_of(lab, "Alpha.One").happened, HasSubstr("MiB of memory"));
}

TEST(Grade, KeepsTheWholeStoryOfAFindingBesideTheShortOne) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", "Alpha.One race\n");

  const grading::TestResult result = result_of(course.grade("1", {"tsan"}).labs[0], "Alpha.One", "tsan");

  EXPECT_EQ(result.outcome, Outcome::kSanitizer);
  EXPECT_THAT(result.findings, ElementsAre("race: write at answer.cpp:3 (put), read at answer.cpp:9 (get)"));
  EXPECT_EQ(result.log, "build/results/01-alpha/tsan/Alpha.One.log");
  EXPECT_THAT(read(course.root() / result.log), HasSubstr("Previous read of size 8"));
}

TEST(Grade, MakesWhatStudentsPrintHarmless) {
  const FakeCourse course;
  course.hand_in("02-beta/ring.hpp", "Beta.One nasty\n");
  course.hand_in("02-beta/more.cpp", "//\n");

  const Report report = course.grade("2");
  const std::string page = render_terminal(report, false);

  EXPECT_THAT(page, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\u202e")), HasSubstr("\\x1b[2Jcleared")));
}

TEST(Grade, IgnoresLinesThatAreNoRecords) {
  const FakeCourse course;
  course.hand_in("02-beta/ring.hpp", "Beta.One junk\n");
  course.hand_in("02-beta/more.cpp", "//\n");

  EXPECT_EQ(course.grade("2").score, 5);
}

TEST(Grade, CutsTheLogOfASuiteThatPrintsTooMuch) {
  const FakeCourse course;
  course.hand_in("02-beta/ring.hpp", "Beta.One chatter\n");
  course.hand_in("02-beta/more.cpp", "//\n");

  const Report report = course.grade("2");

  EXPECT_EQ(result_of(report.labs[0], "Beta.One").outcome, Outcome::kFailed);
  EXPECT_LT(fs::file_size(course.root() / "build/results/02-beta/unit/suite.log"), 1100U * 1024U);
}

TEST(Grade, StagesAgainOnlyWhatChanged) {
  const FakeCourse course;
  course.hand_in("02-beta/ring.hpp", "Beta.One passed\n");
  course.hand_in("02-beta/more.cpp", "// one\n");
  (void)course.grade("2");
  fs::path stage;
  for (const auto& entry : fs::directory_iterator{course.root() / "build/stage"}) {
    if (entry.is_directory()) stage = entry.path();
  }
  const auto ring = fs::last_write_time(stage / "02-beta/ring.hpp");
  const auto more = fs::last_write_time(stage / "02-beta/more.cpp");

  course.hand_in("02-beta/more.cpp", "// two\n");
  (void)course.grade("2");

  EXPECT_EQ(fs::last_write_time(stage / "02-beta/ring.hpp"), ring);
  EXPECT_NE(fs::last_write_time(stage / "02-beta/more.cpp"), more);
}

TEST(Grade, CallsALabThatIsNotThereNotSubmittedAndGradesTheOthers) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", "Alpha.One passed\nAlpha.Two passed\nAlpha.Three passed\n");

  const Report report = course.grade();

  EXPECT_EQ(report.labs[0].status, LabStatus::kFullMarks);
  EXPECT_EQ(report.labs[1].status, LabStatus::kNotSubmitted);
  EXPECT_EQ(report.score, 12);
  EXPECT_EQ(report.max_score, 17);
}

TEST(Grade, RefusesAnUnusableFileByNameAndGradesTheOthers) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", std::string_view{"text\n\0binary", 12});
  course.hand_in("02-beta/ring.hpp", "Beta.One passed\n");
  course.hand_in("02-beta/more.cpp", "//\n");

  const Report report = course.grade();

  EXPECT_EQ(report.labs[0].status, LabStatus::kRefused);
  EXPECT_THAT(report.labs[0].message, HasSubstr("answer.cpp is binary (a zero byte in line 2)"));
  EXPECT_EQ(report.labs[1].score, 5);
  EXPECT_TRUE(report.worked());
}

}  // namespace
}  // namespace grading_test
