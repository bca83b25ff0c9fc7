// Step 2: one item at a time, in order, nothing lost and nothing doubled.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

#include "keep_trying.hpp"
#include "program.hpp"
#include "ring.hpp"
#include "ring_memory.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/seed.hpp"
#include "testing/subject.hpp"

namespace {

using judge::Returns;
using judge::subject;
using lab::Line;
using lab::Pixel;
using lab::Small;

constexpr std::uint64_t kTurn = 0;  // 2^64, as a 64-bit position

std::vector<std::uint64_t> pushes_until_full(std::size_t capacity, std::uint64_t first) {
  PrivateRing<Small> made{capacity, first};
  std::vector<std::uint64_t> seen;
  std::uint64_t pushed = 0;
  while (pushed <= capacity && made.ring.try_push(Small::numbered(pushed))) ++pushed;
  seen.push_back(pushed);
  seen.push_back(made.ring.size());
  for (Small item{}; seen.size() < capacity + 3 && made.ring.try_pop(item);) seen.push_back(item.number());
  return seen;
}

// Holds `capacity` items, no more, no fewer, and gives them back in order.
std::vector<std::uint64_t> full_and_back(std::size_t capacity) {
  std::vector<std::uint64_t> expected = numbers_below(capacity);
  expected.insert(expected.begin(), {capacity, capacity});
  return expected;
}

TEST(PushAndPop, KeepTheOrder) {
  judge::lesson(2, "a queue is first in, first out");
  const auto numbers = subject([] {
    PrivateRing<Line> made{8};
    std::vector<bool> pushed;
    for (std::uint64_t i = 0; i < 5; ++i) pushed.push_back(made.ring.try_push(Line::numbered(i)));
    std::vector<std::uint64_t> seen;
    for (Line item{}; seen.size() < 10 && made.ring.try_pop(item);) seen.push_back(number_of(item));
    return seen;
  });
  EXPECT_THAT(numbers, Returns(numbers_below(5)));
}

TEST(PushAndPop, ReportAFullRingAndLoseNothing) {
  judge::lesson(2,
                "an item that is dropped in silence is the worst answer to a full ring: the producer must hear of it");
  EXPECT_THAT(subject([] { return pushes_until_full(16, 0); }), Returns(full_and_back(16)));
}

TEST(PushAndPop, LeaveTheItemAloneWhenTheRingIsEmpty) {
  judge::lesson(2, "what lies in a slot that nobody published is an old item or rubbish");
  const auto kept = subject([] {
    PrivateRing<Small> made{4};
    Small item = Small::numbered(77);
    const bool popped_new = made.ring.try_pop(item);
    const bool pushed = made.ring.try_push(Small::numbered(1)) && made.ring.try_pop(item);
    item = Small::numbered(77);
    const bool popped_drained = made.ring.try_pop(item);
    return std::array<std::uint64_t, 4>{popped_new, pushed, popped_drained, item.number()};
  });
  EXPECT_THAT(kept, Returns(std::array<std::uint64_t, 4>{0, 1, 0, 77}));
}

TEST(PushAndPop, WorkWithASingleSlot) {
  judge::lesson(2, "capacity 1 is a mailbox: full and empty differ by one item, not by a slot kept free");
  EXPECT_THAT(subject([] { return pushes_until_full(1, 0); }), Returns(full_and_back(1)));
  EXPECT_THAT(subject([] { return pushes_until_full(2, 0); }), Returns(full_and_back(2)));
}

TEST(PushAndPop, WorkWherePositionsTurnOver) {
  judge::lesson(2, "positions wrap from 2^64 - 1 to 0: compare their difference, never which one is larger");
  for (const std::uint64_t before : {1, 2, 3, 4}) {
    EXPECT_THAT(subject([&] { return pushes_until_full(4, kTurn - before); }), Returns(full_and_back(4)))
        << "first position 2^64 - " << before;
  }
}

template <typename T>
void compare_with_model(std::size_t capacity, std::uint64_t first, std::size_t length) {
  const auto program = random_program({Call::kPush, Call::kPop, Call::kSize}, length);
  const auto answers = subject([&] {
    PrivateRing<T> made{capacity, first};
    return run(made.ring, program);
  });
  EXPECT_THAT(answers, Returns(AgreesWithModel(program, answers_of_model<T>(capacity, program), capacity)));
}

TEST(PushAndPop, DoWhatAQueueDoes) {
  judge::lesson(2, "any order of pushes, pops and questions must give what a simple queue gives");
  compare_with_model<Small>(std::size_t{1} << judge::random_between(0, 4), 0, 2000);
  compare_with_model<Line>(std::size_t{1} << judge::random_between(0, 4), judge::random_between(0, 1'000'000), 1000);
}

TEST(PushAndPop, DoWhatAQueueDoesWherePositionsTurnOver) {
  judge::lesson(2,
                "a ring that fails after 2^64 items fails, and one whose positions are 32 bits wide fails in minutes");
  compare_with_model<Small>(std::size_t{1} << judge::random_between(0, 3), kTurn - judge::random_between(1, 20), 1000);
}

TEST(PushAndPop, CarryItemsOfAnOddSize) {
  judge::lesson(2, "the slot of an item is its index times its size, whatever that is");
  compare_with_model<Pixel>(8, kTurn - judge::random_between(1, 20), 500);
}

TEST(PushAndPop, UseTheWholeMemoryButNoMore) {
  judge::lesson(2, "the slot is the position's low bits; a slot too far lies in somebody else's memory");
  compare_with_model<lab::Block>(4, judge::random_between(0, 100), 200);
}

}  // namespace
