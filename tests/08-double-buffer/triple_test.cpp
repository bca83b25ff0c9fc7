// Step 4: a triple buffer, by one process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "values_of.hpp"

namespace {

using judge::lesson;
using judge::Returns;
using judge::ThrowsErrno;
using lab08::Kind;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

constexpr auto kWriteTriple = [](const lab::Buffer& buffer, auto value) { return lab::triple::write(buffer, value); };
constexpr auto kReadTriple = [](const lab::Buffer& buffer, auto value) { return lab::triple::read(buffer, value); };

TEST(Triple, HasNoValueBeforeTheFirst) {
  lesson(4, "zeroes are a value like any other: that there is none yet must be said");
  EXPECT_THAT(lab08::first_value(Kind::kTriple), Returns(ElementsAre(0, 0, 1, 1, 1)));
}

TEST(Triple, GivesTheNewestValue) {
  lesson(4, "after any number of writes the last one counts, and it is there for every read until the next");
  const lab08::Program program;
  const std::size_t size = judge::random_between(1, 40) * lab::kWord;
  EXPECT_THAT(lab08::run(program, Kind::kTriple, size), Returns(ElementsAreArray(program.expected)));
}

TEST(Triple, CarriesTheLargestValue) {
  lesson(
      4,
      "the third slot of 64 KiB begins beyond 65,535: offsets need more than 16 bits, and the memory all of its end");
  const lab08::Program program;
  EXPECT_THAT(lab08::run(program, Kind::kTriple, lab::kMostBytes), Returns(ElementsAreArray(program.expected)));
}

TEST(Triple, RefusesValuesOfAnotherSize) {
  lesson(4, "a copy of more bytes than a slot has runs into the next one");
  EXPECT_THAT(lab08::refused_value(Kind::kTriple, kWriteTriple), Returns(ElementsAre(EINVAL, 1, 1)))
      << "the error, whether its text has the size, memory unchanged";
  EXPECT_THAT(lab08::refused_value(Kind::kTriple, kReadTriple), Returns(ElementsAre(EINVAL, 1, 1)));
}

TEST(Triple, RefusesABufferOfAnotherKind) {
  lesson(4, "both kinds keep their state in the same place, and mean something else by it");
  const Kind other = Kind::kSeqlock;
  EXPECT_THAT(lab08::with_a_buffer_of(other, kWriteTriple), ThrowsErrno(EINVAL));
  EXPECT_THAT(lab08::with_a_buffer_of(other, kReadTriple), ThrowsErrno(EINVAL));
}

}  // namespace
