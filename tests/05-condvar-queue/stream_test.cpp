// Steps 4 and 5: several producers, several consumers, a small queue that is full and empty all the time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "support.hpp"
#include "testing/deadlines.hpp"

namespace {

using judge::far_away;
using judge::lesson;
using judge::Returns;
using lab05::Numbers;
using lab05::Peer;
using ::testing::ElementsAreArray;

constexpr std::uint64_t kSecondProducer = 100'000;  // its numbers begin here

bool in_order_per_producer(const Numbers& seen) {
  std::uint64_t first = 0;
  std::uint64_t second = kSecondProducer;
  for (const auto number : seen) {
    auto& last = number < kSecondProducer ? first : second;
    if (number <= last) return false;
    last = number;
  }
  return true;
}

TEST(Stream, BringsEachItemOnceAndInOrder) {
  lesson(5, "nothing lost, nothing twice, each producer's items in its order, and in the end everybody goes home");
  const judge::SharedMemory memory;
  ASSERT_THAT(lab05::make_queue(memory, 2), judge::ReturnsNormally());
  const std::uint64_t count = judge::as_many_as_suits(300);
  judge::Rendezvous finished;
  const auto produce = [&](std::uint64_t base) {
    return judge::start(
        [&, base] {
          const Peer peer{memory};
          std::uint64_t pushed = 0;
          while (pushed < count && lab05::push(peer.queue, base + pushed + 1, far_away()) == base + pushed + 1)
            ++pushed;
          finished.arrive();
          if (base == 0) {
            finished.await(2);
            lab::close(peer.queue);
          }
          return pushed;
        },
        {.name = "a producer"});
  };
  const auto consume = [&] {
    return judge::start(
        [&] {
          const Peer peer{memory};
          Numbers seen;
          do seen.push_back(lab05::pop(peer.queue, far_away()));
          while (seen.back() < lab05::kNotYet);
          return seen;
        },
        {.name = "a consumer"});
  };
  auto one_consumer = consume();
  auto other_consumer = consume();
  auto one = produce(0);
  auto other = produce(kSecondProducer);
  Numbers all;
  for (const auto& outcome : {one_consumer.outcome(), other_consumer.outcome()}) {
    EXPECT_THAT(outcome, judge::ReturnsNormally());
    Numbers seen = outcome.value.value_or(Numbers{});
    if (!seen.empty()) {
      EXPECT_EQ(seen.back(), lab05::kClosed);
      seen.pop_back();
    }
    EXPECT_TRUE(in_order_per_producer(seen)) << testing::PrintToString(seen);
    all.insert(all.end(), seen.begin(), seen.end());
  }
  EXPECT_THAT(one.outcome(), Returns(count));
  EXPECT_THAT(other.outcome(), Returns(count));
  std::ranges::sort(all);
  Numbers expected;
  for (std::uint64_t i = 1; i <= count; ++i) expected.push_back(i);
  for (std::uint64_t i = 1; i <= count; ++i) expected.push_back(kSecondProducer + i);
  EXPECT_THAT(all, ElementsAreArray(expected));
}

}  // namespace
