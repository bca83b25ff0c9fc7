#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "traffic.hpp"

namespace ring_count {
namespace {

using explore::AccessCounter;
using judge::ReturnsNormally;
using testing::IsEmpty;

/// "All the time": by every fourth operation at least.
constexpr std::uint64_t kOften = kLaps * kCapacity / 4;

std::string name_of(int side) { return side == kProducer ? "the producer" : "the consumer"; }

std::string bytes_of(std::size_t line) {
  const std::size_t first = line * AccessCounter::kLine;
  return "bytes " + std::to_string(first) + " to " + std::to_string(first + AccessCounter::kLine - 1) + " of the ring";
}

std::vector<std::string> lines_written_by_both(const AccessCounter& counter) {
  std::vector<std::string> shared;
  for (std::size_t line = 0; line < counter.lines(); ++line) {
    const std::uint64_t by_producer = counter.writes(line, kProducer);
    const std::uint64_t by_consumer = counter.writes(line, kConsumer);
    if (by_producer == 0 || by_consumer == 0) continue;
    shared.push_back(bytes_of(line) + ", written by the producer " + std::to_string(by_producer) +
                     " times, by the consumer " + std::to_string(by_consumer) + " times");
  }
  return shared;
}

std::vector<std::string> lines_read_beside_what_the_other_writes(const AccessCounter& counter) {
  std::vector<std::string> disturbed;
  for (std::size_t line = 0; line < counter.lines(); ++line) {
    for (const int side : {kProducer, kConsumer}) {
      const std::uint64_t reads = counter.needless_reads(line, side);
      const std::uint64_t writes = counter.writes(line, 1 - side);
      if (reads < kOften || writes < kOften) continue;
      disturbed.push_back(bytes_of(line) + ": " + name_of(side) + " reads there, " + std::to_string(reads) +
                          " times, what " + name_of(1 - side) + " never changes, but its line is written by " +
                          name_of(1 - side) + " " + std::to_string(writes) + " times");
    }
  }
  return disturbed;
}

TEST(Layout, SidesWriteNoLineInCommon) {
  judge::lesson(3,
                "Two cores that write to one cache line pass it to and fro, a hundred cycles each time, although "
                "neither wants what the other wrote.");
  Traffic<lab::Small> small;
  Traffic<lab::Line> line;
  ASSERT_THAT(small.run(Pattern::kFillThenDrain), ReturnsNormally());
  ASSERT_THAT(line.run(Pattern::kNearlyEmpty), ReturnsNormally());
  EXPECT_THAT(lines_written_by_both(small.counter()), IsEmpty());
  EXPECT_THAT(lines_written_by_both(line.counter()), IsEmpty());
}

TEST(Layout, SidesReadNoLineThatTheOtherWritesAllTheTime) {
  judge::lesson(3,
                "Also reading a line costs a hundred cycles when the other core has just written to it: what never "
                "changes, and what only one side uses, must lie apart from what the other side writes.");
  Traffic<lab::Small> small;
  Traffic<lab::Line> line;
  ASSERT_THAT(small.run(Pattern::kFillThenDrain), ReturnsNormally());
  ASSERT_THAT(line.run(Pattern::kNearlyEmpty), ReturnsNormally());
  EXPECT_THAT(lines_read_beside_what_the_other_writes(small.counter()), IsEmpty());
  EXPECT_THAT(lines_read_beside_what_the_other_writes(line.counter()), IsEmpty());
}

}  // namespace
}  // namespace ring_count
