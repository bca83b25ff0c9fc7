// Step 1: a buffer in given memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

#include "support.hpp"

namespace {

using judge::lesson;
using judge::PrivateMemory;
using judge::random_between;
using judge::Returns;
using judge::subject;
using judge::ThrowsErrno;
using lab08::Kind;
using lab08::Numbers;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;

/// What create() in this memory throws; and it must have written nothing.
auto create_in(PrivateMemory& memory, std::span<std::byte> part, Kind kind, std::size_t size) {
  return subject([&memory, part, kind, size] {
    const auto before = memory.copy();
    try {
      static_cast<void>(lab::create(part, kind, size));
    } catch (const std::system_error&) {
      if (memory.copy() != before) return std::string{"memory that was refused has been written to"};
      throw;
    }
    return std::string{"it took what it must refuse"};
  });
}

std::size_t some_size() { return random_between(1, 50) * lab::kWord; }

TEST(Create, SaysWhatItIs) {
  lesson(1, "who attaches must be able to tell a buffer from anything else, and one kind and layout from another");
  const std::size_t size = some_size();
  EXPECT_THAT(subject([size] {
                const lab08::PrivateBuffer made{Kind::kTriple, size};
                const lab::Identity& identity = made.buffer.identity();
                return Numbers{identity.magic, identity.version, static_cast<std::uint64_t>(identity.kind),
                               identity.value_size};
              }),
              Returns(ElementsAre(lab::kMagic, lab::kVersion, static_cast<std::uint64_t>(Kind::kTriple), size)));
}

TEST(Create, NeedsRoomForEachSlot) {
  lesson(1, "each slot needs its bytes, also of the largest value: 3 times 64 KiB do not fit a 16-bit number");
  EXPECT_THAT(subject([] { return lab::bytes_for(Kind::kSeqlock, lab::kMostBytes); }),
              Returns(Ge(2 * lab::kMostBytes)));
  EXPECT_THAT(subject([] { return lab::bytes_for(Kind::kTriple, lab::kMostBytes); }), Returns(Ge(3 * lab::kMostBytes)));
}

TEST(Create, RefusesSizesThatNoValueHas) {
  lesson(1, "nothing, half a word, more than was agreed on: refused before anything is written");
  PrivateMemory memory{1 << 19};
  const std::size_t odd = some_size() + random_between(1, lab::kWord - 1);
  EXPECT_THAT(create_in(memory, memory.bytes(), Kind::kSeqlock, 0), ThrowsErrno(EINVAL));
  EXPECT_THAT(create_in(memory, memory.bytes(), Kind::kSeqlock, odd), ThrowsErrno(EINVAL));
  EXPECT_THAT(create_in(memory, memory.bytes(), Kind::kTriple, lab::kMostBytes + lab::kWord), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([odd] { return lab::bytes_for(Kind::kTriple, odd); }), ThrowsErrno(EINVAL));
}

TEST(Create, RefusesAKindThatThereIsNot) {
  lesson(1, "an enum holds whatever was cast to it");
  PrivateMemory memory{1 << 14};
  const auto kind = static_cast<Kind>(random_between(3, 1000));
  EXPECT_THAT(create_in(memory, memory.bytes(), kind, some_size()), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([] { return lab::bytes_for(static_cast<Kind>(0), lab::kWord); }), ThrowsErrno(EINVAL));
}

TEST(Create, RefusesTooLittleMemory) {
  lesson(1, "one byte too few, and the last slot ends in somebody else's memory");
  PrivateMemory memory{1 << 14};
  const std::size_t size = some_size();
  const auto outcome = subject([&] {
    const auto before = memory.copy();
    const std::size_t too_few = lab::bytes_for(Kind::kTriple, size) - 1;
    try {
      static_cast<void>(lab::create(memory.bytes().first(too_few), Kind::kTriple, size));
    } catch (const std::system_error& error) {
      const bool names_it = std::string{error.what()}.find(std::to_string(too_few)) != std::string::npos;
      return Numbers{static_cast<std::uint64_t>(error.code().value()), names_it, memory.copy() == before};
    }
    return Numbers{};
  });
  EXPECT_THAT(outcome, Returns(ElementsAre(EINVAL, 1, 1)))
      << "the error, whether its text has the size, memory unchanged";
}

TEST(Create, RefusesMemoryInAWrongPlace) {
  lesson(1, "atomics need their alignment, and nothing can lie at null");
  PrivateMemory memory{1 << 14};
  const auto moved = memory.bytes().subspan(random_between(1, 63));
  EXPECT_THAT(create_in(memory, moved, Kind::kSeqlock, lab::kWord), ThrowsErrno(EINVAL));
  EXPECT_THAT(create_in(memory, std::span<std::byte>{}, Kind::kTriple, lab::kWord), ThrowsErrno(EINVAL));
}

TEST(Create, NamesTheValueThatItRefuses) {
  lesson(1, "'invalid argument' alone helps nobody: which call, which value?");
  PrivateMemory memory{1 << 14};
  const auto outcome = create_in(memory, memory.bytes(), Kind::kSeqlock, 4321);
  EXPECT_THAT(outcome, ThrowsErrno(EINVAL));
  EXPECT_THAT(outcome.what, HasSubstr("4321"));
}

}  // namespace
