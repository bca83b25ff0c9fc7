// What of a long value reaches the student's screen.
#include "testing/differences.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace {

using judge::detail::cut_to_what_differs;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

std::pair<std::string, std::string> cut(std::string expected, std::string happened) {
  cut_to_what_differs(expected, happened);
  return {std::move(expected), std::move(happened)};
}

std::string text_of(std::size_t size, const std::string& end) {
  std::string text;
  while (text.size() < size) text += "0123456789";
  return '"' + text + end + '"';
}

TEST(Differences, LeaveWhatCanBeRead) {
  const std::string expected = "it returns a value that is equal to \"short\"";
  EXPECT_EQ(cut(expected, "it returned\nENOMEM"), (std::pair{expected, std::string{"it returned\nENOMEM"}}));
}

TEST(Differences, OfLongValuesAreShownWhereTheyBegin) {
  const auto [expected, happened] =
      cut("it returns a value that is equal to " + text_of(30000, "this and more" + text_of(900, "")),
          "it returned " + text_of(30000, "that and more" + text_of(700, "")));
  EXPECT_THAT(expected, HasSubstr("789this and more"));
  EXPECT_THAT(happened, HasSubstr("789that and more"));
  EXPECT_THAT(expected, HasSubstr("it returns a value that is equal to \"0123"));
  EXPECT_THAT(happened, HasSubstr("(30"));
  EXPECT_THAT(expected.size() + happened.size(), ::testing::Lt(400U));
}

TEST(Differences, WhereOneIsTheOthersBeginning) {
  const auto [expected, happened] = cut("equal to " + text_of(400, ""), "returned " + text_of(400, "tail"));
  EXPECT_THAT(expected, HasSubstr("789\""));
  EXPECT_THAT(happened, HasSubstr("789tail\""));
}

TEST(Differences, OfALongValueAndAShortOneShowBoth) {
  const auto [expected, happened] = cut("equal to " + text_of(5000, "end"), "it threw std::system_error with ENOENT");
  EXPECT_EQ(happened, "it threw std::system_error with ENOENT");
  EXPECT_THAT(expected, HasSubstr("equal to \"0123"));
  EXPECT_THAT(expected, Not(HasSubstr("end")));
  EXPECT_THAT(expected, SizeIs(::testing::Lt(200U)));
}

}  // namespace
