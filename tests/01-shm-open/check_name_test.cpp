#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>
#include <climits>
#include <string>
#include <vector>

#include "support.hpp"

namespace {

using judge::lesson;
using judge::Returns;
using judge::subject;
using testing::Each;
using testing::ElementsAreArray;

/// What check_name answers to each of these.
auto answers_to(const std::vector<std::string>& names) {
  return subject([&names] {
    std::vector<int> answers;
    for (const std::string& name : names) answers.push_back(lab::check_name(name));
    return answers;
  });
}

/// What shm_open answers: 0 when it would create an object of this name.
int system_says(const std::string& name) {
  const shm::UniqueFd created{::shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600)};
  if (created) {
    ::shm_unlink(name.c_str());
    return 0;
  }
  if (errno != EEXIST) return errno;
  const shm::UniqueFd opened{::shm_open(name.c_str(), O_CREAT | O_RDWR, 0600)};  // a directory, or in use already
  return opened ? 0 : errno;
}

/// Names at and around every limit: few, many and no slashes in front, dots, slashes further back, all lengths.
std::string random_name() {
  std::string name(judge::random_between(0, 3), '/');
  switch (judge::random_between(0, 5)) {
    case 0:
      return name + std::string(judge::random_between(0, 3), '.');
    case 1:
      return name + "lab01-" + judge::random_text(judge::random_between(0, 20));  // some hold a slash
    case 2:
      return name + "lab01-" + std::string(judge::random_between(1, 3), 'x') + "/y";
    case 3:
      return name + "lab01-/" + std::string(judge::random_between(NAME_MAX - 10, NAME_MAX + 10), 'x');
    default:
      return name + "lab01-" + std::string(judge::random_between(NAME_MAX - 8, NAME_MAX - 4), 'x');
  }
}

TEST(CheckName, AcceptsAnOrdinaryName) {
  lesson(1, "a program that refuses good names can't work with objects of other programs");
  EXPECT_THAT(answers_to({"/robin", "/robin.2", "/-", "/a b", "/.hidden", "/..."}), Returns(Each(0)));
}

TEST(CheckName, NeedsNoSlashInFront) {
  lesson(1, "books say that a name must start with a slash; this system takes it with none, so do its programs");
  EXPECT_THAT(answers_to({"robin", "x", ".hidden"}), Returns(Each(0)));
}

TEST(CheckName, IgnoresAllSlashesInFront) {
  lesson(1, "the C library strips every leading slash, so //robin and /robin are one object");
  EXPECT_THAT(answers_to({"//robin", "///robin", "////////robin"}), Returns(Each(0)));
}

TEST(CheckName, RefusesASlashFurtherBack) {
  lesson(1, "there are no folders for objects: a slash behind the first letter is an error, whatever else is wrong");
  const std::string also_too_long = "/a/" + std::string(2 * NAME_MAX, 'x');
  EXPECT_THAT(answers_to({"/a/b", "a/b", "/a/", "a//", "//a/../b", also_too_long}), Returns(Each(EINVAL)));
}

TEST(CheckName, RefusesNamesThatAreNone) {
  lesson(1, "'.' and '..' are directories of /dev/shm, and opening those would not give an object");
  EXPECT_THAT(answers_to({"", "/", "///", ".", "/.", "//.", "..", "/..", "//.."}), Returns(Each(EINVAL)));
}

TEST(CheckName, CountsTheBytesBehindTheSlashes) {
  lesson(1, "NAME_MAX (255) is a limit of the file's name, and the slashes in front are not part of it");
  const std::string longest(NAME_MAX, 'x');
  const std::string too_long(NAME_MAX + 1, 'x');
  EXPECT_THAT(answers_to({longest, "/" + longest, "//" + longest, too_long, "/" + too_long, "//" + too_long}),
              Returns(ElementsAreArray({0, 0, 0, ENAMETOOLONG, ENAMETOOLONG, ENAMETOOLONG})));
}

TEST(CheckName, RefusesANulByte) {
  lesson(1, "a string_view may hold a NUL, the system call stops there: you would get another object than you named");
  EXPECT_THAT(answers_to({std::string{"/ro\0bin", 7}, std::string{"/\0", 2}, std::string{"/robin\0", 7}}),
              Returns(Each(EINVAL)));
}

TEST(CheckName, ReadsNoFurtherThanTheView) {
  lesson(1, "a string_view need not end in a NUL: what lies behind it is somebody else's memory");
  EXPECT_THAT(subject([] {
                const std::vector<char> exactly{'/', 'r', 'o', 'b', 'i', 'n'};  // a checker watches the byte behind it
                return lab::check_name({exactly.data(), exactly.size()});
              }),
              Returns(0));
}

TEST(CheckName, AgreesWithTheSystem) {
  lesson(1, "what the function says is worth something only if shm_open says the same");
  std::vector<std::string> names;
  std::vector<int> expected;
  for (int i = 0; i < 300; ++i) {
    names.push_back(random_name());
    expected.push_back(system_says(names.back()));
  }
  const auto outcome = answers_to(names);
  EXPECT_THAT(outcome, judge::ReturnsNormally());
  const std::vector<int> answers = outcome.value.value_or(expected);
  for (std::size_t i = 0; i < names.size(); ++i) {
    ASSERT_EQ(answers.at(i), expected[i])
        << "for the name " << testing::PrintToString(names[i]) << " of " << names[i].size() << " bytes";
  }
}

}  // namespace
