#include "testing/checker_of.hpp"

#include <gtest/gtest.h>

namespace {

using judge::detail::checker_of;

TEST(CheckerOf, ATestInAFolderOfALabIsTheFolder) {
  EXPECT_EQ(checker_of("tests/07-spsc-ring/explore/hand_over_test.cpp"), "explore");
  EXPECT_EQ(checker_of("/home/somebody/course/tests/01-shm-open/crash/creator_dies_test.cpp"), "crash");
  EXPECT_EQ(checker_of("07-spsc-ring/count/accesses_test.cpp"), "count");
}

TEST(CheckerOf, ATestOfALabsOwnIsEverybodys) {
  EXPECT_EQ(checker_of("tests/07-spsc-ring/push_pop_test.cpp"), "");
  EXPECT_EQ(checker_of("/home/somebody/2026/course/tests/07-spsc-ring/push_pop_test.cpp"), "");
}

TEST(CheckerOf, ATestOfTheCoursesOwnIsEverybodys) {
  EXPECT_EQ(checker_of("tests/explore/crash_test.cpp"), "");
  EXPECT_EQ(checker_of("tests/common/verdicts/verdicts_test.cpp"), "");
}

TEST(CheckerOf, AFileWithoutFoldersIsEverybodys) {
  for (const char* path : {"", "/", "a.cpp", "/a.cpp", "7/a.cpp", "/7/a.cpp", "//a.cpp"})
    EXPECT_EQ(checker_of(path), "");
}

}  // namespace
