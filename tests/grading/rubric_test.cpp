#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "autograder/course.hpp"
#include "autograder/diagnostics.hpp"
#include "autograder/errors.hpp"
#include "fake_course.hpp"

namespace grading_test {
namespace {

using grading::Course;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Labs, HaveFourNames) {
  const FakeCourse fake;
  const Course course{fake.root()};
  for (const char* name : {"2", "02", "beta", "02-beta"}) EXPECT_EQ(course.labs(name).front().lab, "02-beta") << name;
  EXPECT_EQ(course.labs("").size(), 2U);
}

TEST(Labs, AreRefusedUnderOtherNames) {
  const FakeCourse fake;
  const Course course{fake.root()};
  for (const char* name : {"3", "0", "bet", "02-", "-beta", "../02-beta"})
    EXPECT_THROW((void)course.labs(name), grading::UsageError) << name;
}

TEST(Labs, WithoutARubricAreToldWhatTheyNeed) {
  const FakeCourse fake;
  write(fake.root() / "labs/03-gamma/README.md", "# Gamma\n");
  const Course course{fake.root()};
  try {
    (void)course.labs("03-gamma");
    ADD_FAILURE() << "it is no lab yet";
  } catch (const grading::UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("write grading/rubrics/03-gamma.toml"));
  }
}

TEST(Checkers, MayBeListedInAnyWay) {
  const FakeCourse fake;
  const Course course{fake.root()};
  EXPECT_THAT(course.checkers({}), ElementsAre("unit", "tsan"));
  EXPECT_THAT(course.checkers({"tsan,unit"}), ElementsAre("unit", "tsan"));
  EXPECT_THAT(course.checkers({"tsan", "tsan"}), ElementsAre("tsan"));
}

class BrokenRubric : public ::testing::Test {
 protected:
  std::string complaint(const std::string& text) const {
    write(fake_.root() / "grading/rubrics/01-alpha.toml", text);
    try {
      const Course course{fake_.root()};
    } catch (const grading::CannotGrade& error) {
      return error.what();
    }
    return "";
  }
  FakeCourse fake_;
  const std::string head_ =
      "lab = \"01-alpha\"\ntitle = \"t\"\nfiles = [\"a.cpp\"]\n[[step]]\nnumber = 1\ntitle = \"s\"\n";
};

TEST_F(BrokenRubric, WithAStepThatIsNotListed) {
  EXPECT_THAT(complaint(head_ + "[[test]]\nname = \"A.B\"\nstep = 7\npoints = { unit = 1 }\n"),
              HasSubstr("A.B belongs to step 7"));
}
TEST_F(BrokenRubric, WithATestTwice) {
  const std::string test = "[[test]]\nname = \"A.B\"\nstep = 1\npoints = { unit = 1 }\n";
  EXPECT_THAT(complaint(head_ + test + test), HasSubstr("A.B is listed twice"));
}
TEST_F(BrokenRubric, WithoutPoints) {
  EXPECT_THAT(complaint(head_ + "[[test]]\nname = \"A.B\"\nstep = 1\n"), HasSubstr("A.B: 'points' is missing"));
}
TEST_F(BrokenRubric, WithACheckerThatThereIsNot) {
  EXPECT_THAT(complaint(head_ + "[[test]]\nname = \"A.B\"\nstep = 1\npoints = { unti = 1 }\n"),
              HasSubstr("line 10: A.B: there is no checker 'unti'"));
}
TEST_F(BrokenRubric, WithAFileOutsideTheLab) {
  EXPECT_THAT(complaint("lab = \"01-alpha\"\ntitle = \"t\"\nfiles = [\"../a.cpp\"]\n"),
              HasSubstr("not a plain file name"));
}

grading::Rubric ring() {
  grading::Rubric rubric;
  rubric.files = {"spsc_ring.hpp"};
  return rubric;
}

TEST(Diagnostics, PutTheStudentsOwnLineFirst) {
  const auto said = read_diagnostics(
      "In file included from tests/07/shim/hot.cpp:3:\n"
      "/usr/include/c++/12/atomic:10:2: error: static assertion failed\n"
      "build/stage/s-1/07-spsc-ring/spsc_ring.hpp:42:7: error: 'x' was not declared\n",
      ring());
  EXPECT_THAT(said.errors, ElementsAre("spsc_ring.hpp:42: 'x' was not declared", "static assertion failed"));
}

TEST(Diagnostics, BlameTheLineThroughWhichTheCompilerCame) {
  const auto said = read_diagnostics(
      "build/stage/s-1/07-spsc-ring/spsc_ring.hpp:17:5:   required from here\n"
      "/usr/include/c++/12/atomic:10:2: error: static assertion failed\n",
      ring());
  EXPECT_THAT(said.errors, ElementsAre("spsc_ring.hpp:17: static assertion failed"));
}

TEST(Diagnostics, KeepEachWarningOnce) {
  const std::string warning = "a/spsc_ring.hpp:5:1: warning: unused variable 'y' [-Wunused-variable]\n";
  EXPECT_THAT(read_diagnostics(warning + warning, ring()).warnings,
              ElementsAre("spsc_ring.hpp:5: unused variable 'y' [-Wunused-variable]"));
}

TEST(Diagnostics, TakeNoOtherFileForTheStudents) {
  EXPECT_THAT(read_diagnostics("a/my_spsc_ring.hpp:5:1: warning: unused\n", ring()).warnings, IsEmpty());
}

TEST(LinkErrors, NameWhatIsMissingOrDefinedTwice) {
  const auto both = ElementsAre("lab::grow(lab::Object&) is declared, but your file does not define it",
                                "main is defined twice: by your file and by the course");
  EXPECT_THAT(
      grading::link_errors("ld.lld: error: undefined symbol: lab::grow(lab::Object&)\n>>> referenced by x.cpp:3\n"
                           "ld.lld: error: duplicate symbol: main\n>>> defined at b.cpp\n"),
      both);
  EXPECT_THAT(grading::link_errors(
                  "/usr/bin/ld: a.o: in function `f':\nx.cpp:3: undefined reference to `lab::grow(lab::Object&)'\n"
                  "multiple definition of `main'; b.o\n"),
              both);
}

TEST(LinkErrors, AreNotTheStudentsOutsideLab) {
  EXPECT_THAT(grading::link_errors("undefined reference to `judge::launch()'\n"), IsEmpty());
}

}  // namespace
}  // namespace grading_test
