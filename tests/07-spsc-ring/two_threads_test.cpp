// Steps 2, 5 and 6 between two threads: for ThreadSanitizer, which judges the memory orders.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "ring.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/subject.hpp"
#include "two_threads.hpp"

namespace {

using judge::Returns;
using judge::subject;
using lab::Ring;
using lab::Small;
using Numbers = std::vector<std::uint64_t>;

std::uint64_t push_one(Ring<Small>& ring, std::uint64_t next, std::uint64_t) {
  return ring.try_push(Small::numbered(next)) ? 1 : 0;
}

bool pop_one(Ring<Small>& ring, Numbers& seen) {
  Small item{};
  if (!ring.try_pop(item)) return false;
  seen.push_back(number_of(item));
  return true;
}

std::uint64_t push_batch(Ring<Small>& ring, std::uint64_t next, std::uint64_t left) {
  const std::array<Small, 3> items{Small::numbered(next), Small::numbered(next + 1), Small::numbered(next + 2)};
  return ring.push_many(std::span{items}.first(std::min<std::size_t>(left, items.size())));
}

bool pop_batch(Ring<Small>& ring, Numbers& seen) {
  std::array<Small, 3> items{};
  const auto count = ring.pop_many(items);
  for (std::size_t i = 0; i < count && i < items.size(); ++i) seen.push_back(number_of(items[i]));
  return count != 0;
}

std::uint64_t push_in_place(Ring<Small>& ring, std::uint64_t next, std::uint64_t) {
  Small* slot = ring.claim();
  if (slot == nullptr) return 0;
  *slot = Small::numbered(next);
  ring.publish();
  return 1;
}

bool pop_in_place(Ring<Small>& ring, Numbers& seen) {
  const Small* slot = ring.front();
  if (slot == nullptr) return false;
  seen.push_back(number_of(*slot));
  ring.release();
  return true;
}

TEST(TwoThreads, ReadOnlyWhatWasWrittenBefore) {
  judge::lesson(2, "the position is the promise that the item is there: stored with release, loaded with acquire");
  // More room than items: no slot is used twice, so only the way from producer to consumer is judged.
  EXPECT_THAT(subject([] { return hand_over<Small>(1024, 500, push_one, pop_one); }), Returns(numbers_below(500)));
}

TEST(TwoThreads, WriteOnlyWhatWasReadBefore) {
  judge::lesson(2,
                "giving a slot back is a promise too: that it has been read. Release there, acquire in the producer");
  EXPECT_THAT(subject([] { return hand_over<Small>(4, 200, push_one, pop_one); }), Returns(numbers_below(200)));
}

TEST(TwoThreads, HandOverBatches) {
  judge::lesson(5, "one publish for a whole batch must cover all of its items");
  const auto seen = subject([] { return hand_over<Small>(8, 300, push_batch, pop_batch); });
  EXPECT_THAT(seen, Returns(numbers_below(300)));
}

TEST(TwoThreads, HandOverInPlace) {
  judge::lesson(5,
                "what you write into a claimed slot is published by publish, and free again with release: no earlier");
  const auto seen = subject([] { return hand_over<Small>(4, 200, push_in_place, pop_in_place); });
  EXPECT_THAT(seen, Returns(numbers_below(200)));
}

}  // namespace
