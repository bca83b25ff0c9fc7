#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <thread>

#include "autograder/process_tree.hpp"
#include "fake_course.hpp"
#include "shm/deadline.hpp"

namespace grading_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Program, Exits0WhateverTheScore) {
  const FakeCourse course;
  const auto said = course.run("grade");
  EXPECT_EQ(said.status, 0);
  EXPECT_THAT(said.text, AllOf(HasSubstr("not started"), HasSubstr("0 / 17")));
}

TEST(Program, Exits1WhenItCouldNotGrade) {
  const FakeCourse course;
  const auto said = course.run("grade --submission nowhere");
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.text, HasSubstr("nowhere: there is no such file or folder"));
}

TEST(Program, Exits2ForAnUnknownLabAndListsTheLabs) {
  const FakeCourse course;
  const auto said = course.run("grade --lab 99");
  EXPECT_EQ(said.status, 2);
  EXPECT_THAT(said.text, HasSubstr("the labs are: 01-alpha, 02-beta"));
}

TEST(Program, Exits2ForAnUnknownCheckerAndListsTheCheckers) {
  const FakeCourse course;
  const auto said = course.run("grade --checker helgrind");
  EXPECT_EQ(said.status, 2);
  EXPECT_THAT(said.text, HasSubstr("the checkers are: unit, tsan"));
}

TEST(Program, Exits2ForAnUnknownOption) {
  const FakeCourse course;
  EXPECT_EQ(course.run("grade --colour").status, 2);
  EXPECT_EQ(course.run("").status, 2);
}

TEST(Program, SaysWhereThereIsNoCourse) {
  const FakeCourse course;
  const auto said = course.run("grade --course labs");
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.text, HasSubstr("no course here"));
}

TEST(Program, NamesALineOfABrokenRubric) {
  const FakeCourse course;
  write(course.root() / "grading/rubrics/01-alpha.toml", "lab = \"01-alpha\"\ntitle = \n");
  const auto said = course.run("grade");
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.text, HasSubstr("01-alpha.toml: line 2"));
}

TEST(Program, WritesJsonToStandardOutputAlone) {
  const FakeCourse course;
  EXPECT_EQ(course.run("grade --json -").text.substr(0, 2), "{\n");
}

TEST(Program, StagesASubmissionAndSaysWhere) {
  const FakeCourse course;
  const auto said = course.run("stage --submission solutions --lab 1");
  EXPECT_EQ(said.status, 0);
  EXPECT_TRUE(fs::exists(course.root() / said.text.substr(0, said.text.find('\n')) / "01-alpha/answer.cpp"))
      << said.text;
}

TEST(Program, GradesTheSameSubmissionTwiceAtOnce) {
  const FakeCourse course;
  const auto said =
      course.run("grade --submission solutions > first.txt & " + program() +
                 " grade --submission solutions > second.txt; wait; cat first.txt second.txt; ls build/stage");
  EXPECT_THAT(said.text, AllOf(HasSubstr("17 / 17"), ::testing::Not(HasSubstr("0 / 17"))));
}

TEST(Mutants, FindsWhichAreCaughtAndWhichSurvive) {
  const FakeCourse course;
  const auto patch = [&](const char* name, const char* caught_by, const char* change) {
    write(course.root() / "grading/mutants/01-alpha" / (std::string{name} + ".patch"),
          std::string{"Misconception: thinks that it works.\nCaught-by: "} + caught_by +
              "\n\n--- a/01-alpha/answer.cpp\n+++ b/01-alpha/answer.cpp\n@@ -1,3 +1,3 @@\n-Alpha.One passed\n+" +
              change + "\n Alpha.Two passed\n Alpha.Three passed\n");
  };
  patch("caught", "unit Alpha.One", "Alpha.One failed");
  EXPECT_EQ(course.run("mutants --lab 1").status, 0);

  patch("survivor", "tsan Alpha.One", "Alpha.One failed unit");
  patch("broken", "unit Alpha.One", "SYNTAX ERROR");
  patch("unrewarded", "tsan Alpha.Two", "Alpha.Two failed");
  const auto said = course.run("mutants --lab 1");

  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.text, HasSubstr("killed by             mutants      unit  survivors\n"
                                   "01-alpha                    4         1          3\n"));
  EXPECT_THAT(course.run("mutants --only 'c*t'").text, HasSubstr("1 mutants: 1 caught, 0 not"));
  EXPECT_EQ(course.run("mutants --only caughtt").status, 2);
  EXPECT_THAT(said.text,
              AllOf(HasSubstr("4 mutants: 1 caught, 3 not"), HasSubstr("survived tsan Alpha.One"),
                    HasSubstr("it does not compile"), HasSubstr("the rubric does not run Alpha.Two under tsan")));
}

TEST(Mutants, ListsTheTestsThatNoneOfThemFails) {
  const FakeCourse course;
  write(course.root() / "grading/mutants/01-alpha/x.patch",
        "Misconception: m.\nCaught-by: unit Alpha.One\n\n--- a/01-alpha/answer.cpp\n+++ b/01-alpha/answer.cpp\n"
        "@@ -1,3 +1,3 @@\n-Alpha.One passed\n-Alpha.Two passed\n+Alpha.One failed\n+Alpha.Two failed\n Alpha.Three "
        "passed\n");
  const auto said = course.run("mutants --lab 1 --whole");
  EXPECT_EQ(said.status, 0) << said.text;
  EXPECT_THAT(said.text, HasSubstr("1 of 3 tests are failed by no mutant\n      Alpha.Three\n"));
}

TEST(Mutants, KnowsOneThatMustNotCompile) {
  const FakeCourse course;
  write(
      course.root() / "grading/mutants/01-alpha/x.patch",
      "Misconception: m.\nCaught-by: compile\n\n--- a/01-alpha/answer.cpp\n+++ b/01-alpha/answer.cpp\n@@ -1,3 +1,3 @@\n"
      "-Alpha.One passed\n+SYNTAX ERROR\n Alpha.Two passed\n Alpha.Three passed\n");
  EXPECT_EQ(course.run("mutants --lab 1").status, 0);
}

TEST(Mutants, CallsAPatchThatDoesNotApplyBroken) {
  const FakeCourse course;
  write(course.root() / "grading/mutants/01-alpha/x.patch",
        "Misconception: m.\nCaught-by: unit Alpha.One\n\n--- a/01-alpha/answer.cpp\n+++ b/01-alpha/answer.cpp\n@@ -1,1 "
        "+1,1 @@\n"
        "-not there\n+neither\n");
  const auto said = course.run("mutants --lab 1");
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.text, HasSubstr("the patch does not apply"));
}

TEST(Alternates, MustHaveFullMarks) {
  const FakeCourse course;
  write(course.root() / "grading/alternates/01-alpha/odd/answer.cpp",
        "Alpha.One passed\nAlpha.Two passed\nAlpha.Three passed\n");
  EXPECT_EQ(course.run("alternates").status, 0);

  write(course.root() / "grading/alternates/01-alpha/wrong/answer.cpp",
        "Alpha.One passed\nAlpha.Two passed\nAlpha.Three failed tsan\n");
  const auto said = course.run("alternates");
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.text, HasSubstr("Alpha.Three under tsan: failed"));
}

TEST(Alternates, TakeFromTheSolutionWhatTheyLeaveOut) {
  const FakeCourse course;
  write(course.root() / "grading/alternates/02-beta/odd/more.cpp", "// odd\n");
  EXPECT_EQ(course.run("alternates").status, 0);
}

TEST(Soak, AgreesWithASteadySuite) {
  const FakeCourse course;
  EXPECT_EQ(course.run("soak --lab 1 --runs 4 --checker unit").status, 0);
}

TEST(Soak, FindsAVerdictThatChanges) {
  const FakeCourse course;
  // Passes once, then fails: the suite's script counts.
  write(course.root() / "common/testing/run-suite",
        "#!/bin/bash\nif mkdir build/been-here 2>/dev/null; then CHECKER_NAME=unit; else CHECKER_NAME=other; fi\n"
        "CHECKER_NAME=$CHECKER_NAME exec \"$2\" \"${@:3}\"\n");
  write(course.root() / "solutions/01-alpha/answer.cpp",
        "Alpha.One passed unit\nAlpha.Two passed\nAlpha.Three passed\n");
  const auto said = course.run("soak --lab 1 --runs 4 --checker unit");
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.text, AllOf(HasSubstr("Alpha.One under unit"), HasSubstr("passed in 1 of 4 runs")));
}

/// The program, started, with its own process group.
class Started {
 public:
  Started(const FakeCourse& course, const std::vector<std::string>& arguments) : pid_{forked()} {
    if (pid_ != 0) return;
    std::vector<std::string> words{program()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    if (::chdir(course.root().c_str()) != 0 || !::freopen("/dev/null", "w", stdout) ||
        !::freopen("/dev/null", "w", stderr))
      ::_exit(9);
    ::execv(argv[0], argv.data());
    ::_exit(9);
  }
  void signal(int number) const { ::kill(pid_, number); }
  rusage usage{};
  int wait() {
    int status = 0;
    ::wait4(pid_, &status, 0, &usage);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  static pid_t forked() {
    grading::adopt_orphans();  // what it leaves behind would come to us
    return ::fork();
  }
  pid_t pid_;
};

// Polls until it is so; the suite says by a file that it is where we want it.
bool eventually(const std::function<bool()>& so) {
  const auto deadline = shm::Deadline::after(std::chrono::seconds{20});
  while (!deadline.passed()) {
    if (so()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return false;
}

bool nobody_is_left() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  return grading::descendants().empty();
}

class Interrupt : public ::testing::TestWithParam<int> {};

TEST_P(Interrupt, WhileASuiteRunsLeavesNoProcess) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", "Alpha.One hang\n");
  Started grader{course, {"grade", "--submission", "handed-in"}};
  ASSERT_TRUE(eventually([&] { return fs::exists(course.root() / "build/hanging"); }));

  grader.signal(GetParam());

  EXPECT_EQ(grader.wait(), GetParam() == SIGKILL ? -SIGKILL : 128 + GetParam());
  // After SIGKILL the workers notice that the grader is gone and tidy up without it.
  EXPECT_TRUE(eventually(nobody_is_left));
}

TEST_P(Interrupt, WhileItBuildsLeavesNoProcess) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", "SLOW COMPILER\n");
  Started grader{course, {"grade", "--submission", "handed-in"}};
  ASSERT_TRUE(eventually([&] { return fs::exists(course.root() / "build/slow-started"); }));

  grader.signal(GetParam());

  EXPECT_EQ(grader.wait(), GetParam() == SIGKILL ? -SIGKILL : 128 + GetParam());
  EXPECT_TRUE(eventually(nobody_is_left));
}

INSTANTIATE_TEST_SUITE_P(Signals, Interrupt, ::testing::Values(SIGINT, SIGTERM, SIGKILL));

TEST(Program, StaysUnder100MiB) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", "Alpha.One chatter\nAlpha.Two nasty\nAlpha.Three race\n");
  Started grader{course, {"grade", "--submission", "handed-in"}};
  EXPECT_EQ(grader.wait(), 0);
  EXPECT_LT(grader.usage.ru_maxrss, 100 * 1024);  // KiB, the largest of the grader and what it waited for
}

}  // namespace
}  // namespace grading_test
