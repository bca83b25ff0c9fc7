// What reaches the judge of a scenario that goes wrong.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "testing/explored.hpp"

namespace {

using explore::require;
using explore::Scenario;

TEST(Explored, PointsFromAStaleReadToTheStoreThatItHasNotSeen) {
  const auto outcome = judge::explored([](Scenario& s) {
    auto& first = s.make<std::atomic<int>>(0);
    auto& second = s.make<std::atomic<int>>(0);
    s.thread("writer", [&] {
      first.store(1, std::memory_order_relaxed);
      second.store(1, std::memory_order_relaxed);
    });
    s.thread("reader", [&] {
      if (second.load(std::memory_order_relaxed) == 1) {
        require(first.load(std::memory_order_relaxed) == 1, "the first comes first");
      }
    });
  });
  ASSERT_TRUE(outcome.value);
  const auto& steps = outcome.value->story.steps;
  const auto stale = std::find_if(steps.begin(), steps.end(), [](const auto& step) { return step.is_stale; });
  ASSERT_NE(stale, steps.end()) << judge::told(outcome.value->story);
  ASSERT_GE(stale->missed, 1);
  const auto& missed = steps.at(static_cast<std::size_t>(stale->missed) - 1);
  EXPECT_EQ(missed.thread, 1);
  EXPECT_EQ(missed.text, "writes 1");
  EXPECT_EQ(missed.object, stale->object);
}

}  // namespace
