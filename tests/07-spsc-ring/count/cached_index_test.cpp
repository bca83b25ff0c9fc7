#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "traffic.hpp"

namespace ring_count {
namespace {

using judge::ReturnsNormally;

// One look a lap is needed, and a lap has 256 items: whoever looks more often than four times a lap does not remember.
constexpr std::uint64_t kFew = 4 * kLaps;

TEST(CachedIndex, ProducerLooksAtTheConsumerOncePerLap) {
  judge::lesson(4,
                "Each look at the consumer's position fetches its cache line from the other core; what was seen last "
                "is enough for as long as it shows room.");
  Traffic<lab::Small> filled;
  Traffic<lab::Line> nearly_empty;
  ASSERT_THAT(filled.run(Pattern::kFillThenDrain), ReturnsNormally());
  ASSERT_THAT(nearly_empty.run(Pattern::kNearlyEmpty), ReturnsNormally());
  EXPECT_LE(filled.counter().looks(kProducer), kFew) << "looks while 64 times 256 items filled the ring";
  EXPECT_LE(nearly_empty.counter().looks(kProducer), kFew) << "looks while 64 times 256 items went through one by one";
}

TEST(CachedIndex, ConsumerLooksAtTheProducerOncePerLap) {
  judge::lesson(4,
                "Each look at the producer's position fetches its cache line from the other core; what was seen last "
                "is enough for as long as it shows items.");
  Traffic<lab::Small> drained;
  Traffic<lab::Line> nearly_full;
  ASSERT_THAT(drained.run(Pattern::kFillThenDrain), ReturnsNormally());
  ASSERT_THAT(nearly_full.run(Pattern::kNearlyFull), ReturnsNormally());
  EXPECT_LE(drained.counter().looks(kConsumer), kFew) << "looks while the ring was emptied 64 times";
  EXPECT_LE(nearly_full.counter().looks(kConsumer), kFew)
      << "looks while 64 times 256 items left a full ring one by one";
}

}  // namespace
}  // namespace ring_count
