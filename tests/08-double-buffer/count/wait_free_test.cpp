// Step 6: how many accesses a write and a read need, whatever the other side does between any two of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "between.hpp"
#include "buffer_memory.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/subject.hpp"

namespace buffer_count {
namespace {

using judge::lesson;
using judge::Returns;
using lab08::Kind;
using lab08::Numbers;
using lab08::Side;
using ::testing::ElementsAre;
using ::testing::Le;

/// The most that a call took beyond its copy, and whether all that was read was right.
struct Cost {
  std::uint64_t most = 0;
  std::uint64_t most_bytes = 0;
  bool right = true;

  void call(std::uint64_t accesses, std::uint64_t bytes, std::size_t size) {
    most = std::max(most, accesses - std::min(accesses - 1, size / lab::kWord));
    most_bytes = std::max(most_bytes, bytes - std::min(bytes, size));
  }
  [[nodiscard]] Numbers numbers() const { return {most, right ? 1U : 0U, most_bytes}; }
};

auto is_wait_free() { return Returns(ElementsAre(Le(lab::kMostSteps), 1U, Le(lab::kMostSteps * lab::kWord))); }

/// The reader reads; before each of its accesses the writer writes `burst` values.
Numbers reading(std::size_t size, std::uint64_t burst) {
  const lab08::PrivateBuffer made{Kind::kTriple, size};
  Side writer{Kind::kTriple, made.buffer, size};
  Side reader{Kind::kTriple, made.buffer, size};
  std::uint64_t newest = writer.write(1);
  Between between{made.memory.bytes(), [&] {
                    for (std::uint64_t i = 0; i < burst; ++i) newest = writer.write(newest + 1);
                  }};
  Cost cost;
  std::uint64_t last = 0;
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t known = newest;
    const std::uint64_t steps = between.accesses_of([&] {
      const std::uint64_t seen = reader.read();
      cost.right = cost.right && seen >= known && seen <= newest && seen >= last;
      last = seen;
    });
    cost.call(steps, between.bytes(), size);
  }
  return cost.numbers();
}

/// The writer writes; before each of its accesses the reader reads.
Numbers writing(std::size_t size) {
  const lab08::PrivateBuffer made{Kind::kTriple, size};
  Side writer{Kind::kTriple, made.buffer, size};
  Side reader{Kind::kTriple, made.buffer, size};
  Cost cost;
  std::uint64_t published = 0;
  std::uint64_t last = 0;
  Between between{made.memory.bytes(), [&] {
                    const std::uint64_t seen = reader.read();
                    cost.right = cost.right && seen >= last && seen >= published && seen <= published + 1;
                    last = seen;
                  }};
  for (std::uint64_t number = 1; number <= 20; ++number) {
    const std::uint64_t steps = between.accesses_of([&] { static_cast<void>(writer.write(number)); });
    published = number;
    cost.call(steps, between.bytes(), size);
  }
  return cost.numbers();
}

constexpr const char* kMeans =
    "the most accesses beside the copy's, whether all values were right (1), and the most bytes beside the value's own";

TEST(WaitFree, WritingWhileTheReaderReadsAtEachStep) {
  lesson(
      6,
      "a loop is wait-free only if somebody can say how often it goes round; and nobody may read what is half written");
  EXPECT_THAT(judge::subject([] { return writing(16); }), is_wait_free()) << kMeans;
}

TEST(WaitFree, ReadingWhileTheWriterWritesAtEachStep) {
  lesson(6, "a reader that tries again as long as it is disturbed never ends beside a writer that is fast enough");
  EXPECT_THAT(judge::subject([] { return reading(16, 1); }), is_wait_free()) << kMeans;
  EXPECT_THAT(judge::subject([] { return reading(16, 3); }), is_wait_free()) << kMeans;
}

TEST(WaitFree, WhateverTheSizeOfTheValue) {
  lesson(6, "the value is copied once: a copy to compare with, or one more slot on the way, doubles the cost of each");
  EXPECT_THAT(judge::subject([] { return writing(512); }), is_wait_free()) << kMeans;
  EXPECT_THAT(judge::subject([] { return reading(512, 2); }), is_wait_free()) << kMeans;
}

}  // namespace
}  // namespace buffer_count
