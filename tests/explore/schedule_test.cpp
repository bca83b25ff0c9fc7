// A failure can be repeated, is the same every time, and is a simple one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "explore/search.hpp"
#include "explored.hpp"

namespace {

using explore::Effort;
using explore::explore;
using explore::Fault;
using explore::require;
using explore::Scenario;
using explore::detail::from_schedule;
using explore::detail::to_schedule;

using Choices = std::vector<std::uint8_t>;

// Fails only when the second thread gets in between.
void lost_update(Scenario& s) {
  auto& count = s.make<std::atomic<int>>(0);
  for (const char* name : {"left", "right"}) {
    s.thread(name, [&] { count.store(count.load(std::memory_order_seq_cst) + 1); });
  }
  s.finally([&] { require(count.load() == 2, "each adds one"); });
}

// Needs more executions than it is given.
void busy(Scenario& s) {
  auto& count = s.make<std::atomic<int>>(0);
  for (const char* name : {"first", "second", "third", "fourth"}) {
    s.thread(name, [&] {
      for (int i = 0; i < 4; ++i) count.fetch_add(1);
    });
  }
}

TEST(Schedule, IsWrittenAndRead) {
  for (const Choices& choices :
       {Choices{}, Choices{1}, Choices{0, 0, 3}, Choices{2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 26, 27, 60}}) {
    EXPECT_EQ(from_schedule(to_schedule(choices)), choices) << to_schedule(choices);
  }
  EXPECT_EQ(to_schedule({0, 0, 0, 3, 0, 2}), "3c1b");
}

TEST(Schedule, RepeatsTheExecutionThatFailed) {
  const auto found = explore(lost_update);
  ASSERT_THAT(found, FailsWith(Fault::kBroken));
  Effort effort;
  effort.schedule = found.schedule;
  const auto repeated = explore(lost_update, effort);
  EXPECT_EQ(repeated.fault, found.fault);
  EXPECT_EQ(repeated.executions, 1U);
  EXPECT_EQ(repeated.steps.size(), found.steps.size());
}

TEST(Schedule, OfTheUsualExecutionFindsNothingHere) {
  Effort effort;
  effort.schedule = "0";
  EXPECT_EQ(explore(lost_update, effort).fault, Fault::kNone);
}

TEST(Exploration, ComesToTheSameEveryTime) {
  const auto once = explore(lost_update);
  const auto again = explore(lost_update);
  EXPECT_EQ(once.schedule, again.schedule);
  EXPECT_EQ(once.executions, again.executions);
}

TEST(Exploration, ShowsASimpleFailure) {
  const auto found = explore(lost_update);
  EXPECT_EQ(from_schedule(found.schedule).size(), 2U) << "one usual choice, one switch: " << found.schedule;
  ASSERT_EQ(found.steps.size(), 5U);
  EXPECT_EQ(found.steps[0].text, "reads 0");
  EXPECT_EQ(found.steps[3].text, "writes 1");
  EXPECT_EQ(found.steps[4].text, "this does not hold");
  EXPECT_EQ(found.threads, (std::vector<std::string>{"left", "right"}));
}

TEST(Exploration, StopsWhenItsEffortIsSpent) {
  Effort effort;
  effort.executions = 1'000;
  const auto result = explore(busy, effort);
  EXPECT_EQ(result.fault, Fault::kNone);
  EXPECT_FALSE(result.complete);
  EXPECT_LE(result.executions, 1'000U);
}

TEST(Exploration, AtRandomFindsItToo) {
  Effort effort;
  effort.strategy = explore::Strategy::kRandom;
  EXPECT_THAT(explore(lost_update, effort), FailsWith(Fault::kBroken));
}

TEST(Exploration, DestroysWhatAScenarioKept) {
  static int alive = 0;
  struct Counted {
    Counted() { ++alive; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() { --alive; }
  };
  (void)explore([](Scenario& s) {
    s.keep<Counted>();
    lost_update(s);
  });
  EXPECT_EQ(alive, 0) << "objects left";
}

}  // namespace
