// What GoogleTest says of an assertion that failed, as two sides.
#include "testing/assertion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using judge::detail::Sides;
using judge::detail::sides_of;
using ::testing::AllOf;
using ::testing::Field;

auto says(const std::string& expected, const std::string& happened) {
  return AllOf(Field("expected", &Sides::expected, expected), Field("happened", &Sides::happened, happened));
}

/// The message of an assertion made by `check`, which must fail.
template <typename Check>
std::string message_of(Check check) {
  ::testing::TestPartResultArray results;
  {
    const ::testing::ScopedFakeTestPartResultReporter reporter{
        ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results};
    check();
  }
  return results.size() == 1 ? results.GetTestPartResult(0).message() : "it did not fail once";
}

constexpr int kTwo = 2;

TEST(Assertion, OfTruthSaysWhatShouldBeTrue) {
  EXPECT_THAT(sides_of(message_of([] { EXPECT_TRUE(kTwo == 3); })), says("kTwo == 3 is true", "it is false"));
  EXPECT_THAT(sides_of(message_of([] { EXPECT_FALSE(kTwo == 2) << "it should not"; })),
              says("kTwo == 2 is false", "it is true\nit should not"));
}

TEST(Assertion, OfEqualitySaysWhatItShouldBe) {
  EXPECT_THAT(sides_of(message_of([] { EXPECT_EQ(kTwo, 3) << "initialisations"; })),
              says("kTwo is 3", "it is 2\ninitialisations"));
  const std::string text = "robin";
  EXPECT_THAT(sides_of(message_of([&] { EXPECT_EQ(text, "owl"); })), says("text is \"owl\"", "it is \"robin\""));
  const int three = 3;
  EXPECT_THAT(sides_of(message_of([&] { EXPECT_EQ(kTwo, three); })), says("kTwo is 3", "it is 2"));
}

TEST(Assertion, OfOrderSaysBothValues) {
  EXPECT_THAT(sides_of(message_of([] { EXPECT_GE(kTwo, 3) << "bytes"; })),
              says("(kTwo) >= (3)", "it is 2 vs 3\nbytes"));
}

TEST(Assertion, OfAMatcherSaysWhatItWants) {
  EXPECT_THAT(sides_of(message_of([] { EXPECT_THAT(kTwo, ::testing::Gt(3)) << "bytes"; })).expected, "is > 3");
}

TEST(Assertion, OfAnotherFormIsToldAsItIs) {
  EXPECT_THAT(sides_of(message_of([] { ADD_FAILURE() << "this is all"; })), says("", "Failed\nthis is all"));
}

}  // namespace
