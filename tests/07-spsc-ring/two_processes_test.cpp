// Step 2 between two processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdint>
#include <vector>

#include "keep_trying.hpp"
#include "ring.hpp"
#include "ring_memory.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/memory.hpp"
#include "testing/subject.hpp"

namespace {

using judge::Returns;
using judge::subject;
using lab::Block;
using lab::Line;
using lab::Small;

TEST(TwoProcesses, HandOverEveryItemInOrder) {
  judge::lesson(2, "nothing lost, nothing doubled, nothing torn, between two processes that map the ring elsewhere");
  const judge::SharedMemory memory;
  const auto count = judge::as_many_as_suits(20'000);
  ASSERT_THAT(make_ring<Line>(memory, 512, 0 - count / 2), judge::ReturnsNormally());
  auto producer = judge::start(
      [&] {
        AttachedRing<Line> peer{memory};
        std::uint64_t pushed = 0;
        while (pushed < count && keep_trying([&] { return peer.ring.try_push(Line::numbered(pushed)); })) ++pushed;
        return pushed;
      },
      {.name = "the producer"});
  auto consumer = judge::start(
      [&] {
        AttachedRing<Line> peer{memory};
        std::vector<std::uint64_t> seen;
        Line item{};
        while (seen.size() < count && keep_trying([&] { return peer.ring.try_pop(item); })) {
          seen.push_back(number_of(item));
        }
        return seen;
      },
      {.name = "the consumer"});
  EXPECT_THAT(consumer.outcome(), Returns(numbers_below(count)));
  EXPECT_THAT(producer.outcome(), Returns(count));
}

TEST(TwoProcesses, SeeNoItemThatWasNotWhole) {
  judge::lesson(
      2, "a producer may die in the middle of its copy: as long as the position has not moved, nothing happened");
  const judge::SharedMemory memory;
  ASSERT_THAT(make_ring<Block>(memory, 16), judge::ReturnsNormally());
  EXPECT_THAT(subject([&] {
                AttachedRing<Block> peer{memory};
                forbid_writing_behind_first_page(peer.mapping);
                for (std::uint64_t i = 0; i < 16; ++i) static_cast<void>(peer.ring.try_push(Block::numbered(i)));
              }),
              judge::DiesOf(SIGSEGV));
  const auto all_whole = subject([&] {
    AttachedRing<Block> peer{memory};
    std::vector<std::uint64_t> seen;
    for (Block item{}; seen.size() < 16 && peer.ring.try_pop(item);) seen.push_back(number_of(item));
    return seen;
  });
  EXPECT_THAT(all_whole, Returns(::testing::Not(::testing::Contains(kTorn))));
}

TEST(TwoProcesses, SeeWhatWasPublishedBeforeTheyCame) {
  judge::lesson(2, "the ring is in the memory: a consumer that starts when the producer has ended finds everything");
  const judge::SharedMemory memory;
  ASSERT_THAT(make_ring<Small>(memory, 8), judge::ReturnsNormally());
  EXPECT_THAT(subject([&] {
                AttachedRing<Small> peer{memory};
                return peer.ring.try_push(Small::numbered(0)) && peer.ring.try_push(Small::numbered(1));
              }),
              Returns(true));
  EXPECT_THAT(subject([&] {
                AttachedRing<Small> peer{memory};
                std::vector<std::uint64_t> seen;
                for (Small item{}; seen.size() < 4 && peer.ring.try_pop(item);) seen.push_back(item.number());
                return seen;
              }),
              Returns(numbers_below(2)));
}

}  // namespace
