// Step 3: a seqlock, by one process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <vector>

#include "testing/memory.hpp"
#include "values_of.hpp"

namespace {

using judge::lesson;
using judge::Returns;
using judge::ThrowsErrno;
using lab08::Kind;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

constexpr auto kWriteSeqlock = [](const lab::Buffer& buffer, auto value) { return lab::seqlock::write(buffer, value); };
constexpr auto kReadSeqlock = [](const lab::Buffer& buffer, auto value) { return lab::seqlock::read(buffer, value); };

TEST(Seqlock, HasNoValueBeforeTheFirst) {
  lesson(3, "zeroes are a value like any other: that there is none yet must be said");
  EXPECT_THAT(lab08::first_value(Kind::kSeqlock), Returns(ElementsAre(0, 0, 1, 1, 1)));
}

TEST(Seqlock, GivesTheNewestValue) {
  lesson(3, "after any number of writes the last one counts, and it is there for every read until the next");
  const lab08::Program program;
  const std::size_t size = judge::random_between(1, 40) * lab::kWord;
  EXPECT_THAT(lab08::run(program, Kind::kSeqlock, size), Returns(ElementsAreArray(program.expected)));
}

TEST(Seqlock, CarriesTheLargestValue) {
  lesson(3, "a value may have 64 KiB: sizes need more than 16 bits, and the memory all of its end");
  const lab08::Program program;
  EXPECT_THAT(lab08::run(program, Kind::kSeqlock, lab::kMostBytes), Returns(ElementsAreArray(program.expected)));
}

TEST(Seqlock, CopiesFromAnyPlaceToAnyOther) {
  lesson(3,
         "a value is a row of bytes: it need not lie where a std::uint64_t may lie, and std::memcpy takes care of it");
  EXPECT_THAT(judge::subject([] {
                const lab08::PrivateBuffer made{Kind::kSeqlock, 24};
                std::vector<std::byte> from(32);
                for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<std::byte>(i);
                std::vector<std::byte> to(32);
                lab::seqlock::write(made.buffer, std::span{from}.subspan(3, 24));
                static_cast<void>(lab::seqlock::read(made.buffer, std::span{to}.subspan(5, 24)));
                return std::equal(from.begin() + 3, from.begin() + 27, to.begin() + 5);
              }),
              Returns(true));
}

TEST(Seqlock, RefusesValuesOfAnotherSize) {
  lesson(3, "a copy of more bytes than a slot has runs into the next one");
  EXPECT_THAT(lab08::refused_value(Kind::kSeqlock, kWriteSeqlock), Returns(ElementsAre(EINVAL, 1, 1)))
      << "the error, whether its text has the size, memory unchanged";
  EXPECT_THAT(lab08::refused_value(Kind::kSeqlock, kReadSeqlock), Returns(ElementsAre(EINVAL, 1, 1)));
}

TEST(Seqlock, RefusesABufferOfAnotherKind) {
  lesson(3, "both kinds keep their state in the same place, and mean something else by it");
  const Kind other = Kind::kTriple;
  EXPECT_THAT(lab08::with_a_buffer_of(other, kWriteSeqlock), ThrowsErrno(EINVAL));
  EXPECT_THAT(lab08::with_a_buffer_of(other, kReadSeqlock), ThrowsErrno(EINVAL));
}

TEST(Seqlock, IsReadByWhoMayOnlyLook) {
  lesson(3, "a reader that writes nothing can map the buffer for reading only, and there can be any number of them");
  const lab08::BufferMemory memory;
  ASSERT_THAT(lab08::make_buffer(memory, Kind::kSeqlock, 40), judge::ReturnsNormally());
  ASSERT_THAT(judge::subject([&] { return lab08::Peer{memory, Kind::kSeqlock, 40}.side.write(1); }), Returns(1U));
  EXPECT_THAT(judge::subject([&] {
                const auto mapping = memory.map_read_only();
                return lab08::Side{Kind::kSeqlock, lab::attach(mapping.bytes(), Kind::kSeqlock, 40), 40}.read();
              }),
              Returns(1U));
}

}  // namespace
