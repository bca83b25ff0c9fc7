// Step 5: one side stops in the middle of what it does; the other goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "between.hpp"
#include "buffer_memory.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/shared.hpp"
#include "testing/subject.hpp"

namespace buffer_count {
namespace {

using judge::lesson;
using judge::Returns;
using lab08::Kind;
using lab08::Side;

constexpr std::size_t kSize = 32;

TEST(StandingStill, AWriterHoldsUpNoReaderOfASeqlock) {
  lesson(5, "a writer may be stopped half-way, for ever: the newest value that is whole lies in the other slot");
  EXPECT_THAT(judge::subject([] {
                const lab08::PrivateBuffer made{Kind::kSeqlock, kSize};
                Side writer{Kind::kSeqlock, made.buffer, kSize};
                Side reader{Kind::kSeqlock, made.buffer, kSize};
                std::uint64_t published = 0;
                bool right = true;
                Between between{made.memory.bytes(), [&] {
                                  const std::uint64_t seen = reader.read();
                                  right = right && seen >= published && seen <= published + 1;
                                }};
                for (std::uint64_t number = 1; number <= 6; ++number) {
                  static_cast<void>(between.accesses_of([&] { static_cast<void>(writer.write(number)); }));
                  published = number;
                }
                return right;
              }),
              Returns(true));
}

/// A reader stops before each of its accesses in turn, while a writer that has just come writes.
bool reads_beside_a_newcomer(const lab::Buffer& buffer, std::uint64_t newest) {
  Side reader{Kind::kTriple, buffer, kSize};
  Side newcomer{Kind::kTriple, buffer, kSize};
  bool right = true;
  Between between{buffer.memory, [&] { right = newcomer.write(newest + 1) == newest + 1 && (++newest, right); }};
  static_cast<void>(between.accesses_of([&] {
    const std::uint64_t known = newest;
    const std::uint64_t seen = reader.read();
    right = right && seen >= known && seen <= newest;
  }));
  return right;
}

TEST(StandingStill, AReaderKeepsItsSlotFromASuccessor) {
  lesson(5,
         "which slot the reader holds must be known to a writer that comes later: it stands in the memory, or nowhere");
  for (std::uint64_t predecessors = 1; predecessors <= 4; ++predecessors) {
    const lab08::SharedMemory memory;
    ASSERT_THAT(judge::subject([&] {
                  const auto mapping = memory.map();
                  Side side{Kind::kTriple, lab::create(mapping.bytes(), Kind::kTriple, kSize), kSize};
                  for (std::uint64_t number = 1; number <= predecessors; ++number) {
                    side.write(number);
                    if (side.read() != number) return false;
                  }
                  return true;
                }),
                Returns(true));
    EXPECT_THAT(judge::subject([&] {
                  const lab08::Peer peer{memory, Kind::kTriple, kSize};
                  return reads_beside_a_newcomer(peer.side.buffer(), predecessors);
                }),
                Returns(true))
        << "after " << predecessors << " values of a process that has ended";
  }
}

}  // namespace
}  // namespace buffer_count
