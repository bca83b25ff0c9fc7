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

/// A process that writes and reads so many values, and ends.
auto predecessor(const lab08::BufferMemory& memory, std::uint64_t values) {
  return judge::subject([&memory, values] {
    const auto mapping = memory.map();
    Side side{Kind::kTriple, lab::create(mapping.bytes(), Kind::kTriple, kSize), kSize};
    bool right = true;
    for (std::uint64_t number = 1; number <= values; ++number) {
      side.write(number);
      right = right && side.read() == number;
    }
    return right;
  });
}

/// A reader stops before one of its accesses; there a writer that has just come writes its first value.
auto read_beside_a_newcomer(const lab08::BufferMemory& memory, std::uint64_t newest, std::uint64_t access) {
  return judge::subject([&memory, newest, access] {
    const lab08::Peer peer{memory, Kind::kTriple, kSize};
    Side reader = peer.side;
    Side newcomer = peer.side;
    bool right = true;
    Between between{peer.side.buffer().memory, [&] { right = newcomer.write(newest + 1) == newest + 1; }};
    between.only_before(access);
    static_cast<void>(between.accesses_of([&] {
      const std::uint64_t seen = reader.read();
      right = right && (seen == newest || seen == newest + 1);
    }));
    return right;
  });
}

TEST(StandingStill, AReaderKeepsItsSlotFromASuccessor) {
  lesson(5,
         "which slot the reader holds must be known to a writer that comes later: it stands in the memory, or nowhere");
  const lab08::BufferMemory memory;
  for (std::uint64_t values = 1; values <= 4; ++values) {
    for (std::uint64_t access = 1; access <= 12; ++access) {
      ASSERT_THAT(predecessor(memory, values), Returns(true));
      ASSERT_THAT(read_beside_a_newcomer(memory, values, access), Returns(true))
          << "after " << values << " values of a process that has ended, before access " << access << " of the reader";
    }
  }
}

}  // namespace
}  // namespace buffer_count
