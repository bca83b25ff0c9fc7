// What must hold all the time, not only at the end.

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <stdexcept>

#include "explored.hpp"

namespace {

using explore::Effort;
using explore::explore;
using explore::Fault;
using explore::require;
using explore::Scenario;
using explore::Strategy;

struct Pair {
  std::atomic<int> left{0};
  std::atomic<int> right{0};
};

TEST(Invariant, BrokenBetweenTwoStepsIsFoundAlthoughTheEndIsRight) {
  const auto apart_for_a_moment = [](Scenario& s) {
    auto& pair = s.make<Pair>();
    s.thread("writer", [&] {
      pair.left.store(1);
      pair.right.store(1);
    });
    s.always([&] { require(pair.left.load() == pair.right.load(), "both are equal"); });
    s.finally([&] { require(pair.left.load() == pair.right.load(), "both are equal at the end"); });
  };
  const auto result = explore(apart_for_a_moment);
  EXPECT_THAT(result, FailsWith(Fault::kBroken));
  EXPECT_EQ(result.what, "it does not hold that both are equal");
  Effort effort;
  effort.schedule = result.schedule;
  EXPECT_EQ(explore(apart_for_a_moment, effort).what, result.what);
}

TEST(Invariant, BrokenWhenTheLastThreadEndsIsFound) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& value = s.make<int>(0);
                s.thread("writer", [&] { value = 1; });
                s.always([&] { require(value == 0, "nobody writes"); });
              }),
              FailsWith(Fault::kBroken));
}

TEST(Invariant, ThatHoldsIsProven) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& mutex = s.make<std::mutex>();
                auto& pair = s.make<Pair>();
                auto& inside = s.keep<int>(0);
                for (const char* name : {"one", "other"}) {
                  s.thread(name, [&] {
                    const std::lock_guard guard{mutex};
                    ++inside;
                    pair.left.fetch_add(1, std::memory_order_relaxed);
                    pair.right.fetch_add(1, std::memory_order_relaxed);
                    --inside;
                  });
                }
                s.always([&] {
                  const int apart = pair.left.load(std::memory_order_relaxed) - pair.right.load();
                  require(inside <= 1, "at most one is in the section");
                  require(apart == 0 || (apart == 1 && inside == 1), "the right one follows the left one");
                });
              }),
              IsProven());
}

// In what happens to these two alone the order of one's steps and the other's makes no difference.
void never_both(Scenario& s) {
  auto& pair = s.make<Pair>();
  for (auto* const mine : {&pair.left, &pair.right}) {
    s.thread(mine == &pair.left ? "left" : "right", [mine] {
      mine->store(1);
      mine->store(0);
    });
  }
  s.always([&] { require(pair.left.load() + pair.right.load() < 2, "at most one is up"); });
}

TEST(Invariant, OverVariablesThatDoNotConcernEachOtherIsLookedAtInEveryOrder) {
  for (const Strategy strategy :
       {Strategy::kSimplestFirst, Strategy::kReduced, Strategy::kExhaustive, Strategy::kRandom}) {
    Effort effort;
    effort.strategy = strategy;
    EXPECT_THAT(explore(never_both, effort), FailsWith(Fault::kBroken)) << static_cast<int>(strategy);
  }
}

TEST(Invariant, SeesTheNewestAndRacesWithNobody) {
  EXPECT_THAT(explore([](Scenario& s) {
                struct State {
                  std::atomic<int> value{0};
                  int told = 0;  // of the writer alone
                };
                auto& state = s.make<State>();
                s.thread("writer", [&] {
                  for (int i = 1; i <= 2; ++i) {
                    state.value.store(i, std::memory_order_relaxed);
                    state.told = i;
                  }
                });
                s.thread("reader", [&] { (void)state.value.load(std::memory_order_relaxed); });
                s.always([&] { require(state.value.load(std::memory_order_relaxed) == state.told, "it sees both"); });
              }),
              IsProven());
}

TEST(Invariant, ThatThrowsIsReportedAndNoBusinessOfTheThread) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& mutex = s.make<std::mutex>();
                s.thread("owner", [&] {
                  try {
                    const std::lock_guard guard{mutex};
                  } catch (const std::runtime_error&) {  // what the thread would catch of its own
                  }
                });
                s.always([] { throw std::runtime_error{"no"}; });
              }),
              FailsWith(Fault::kThrew));
}

}  // namespace
