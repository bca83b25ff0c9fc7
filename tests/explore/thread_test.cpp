// What a thread of a scenario keeps to itself, and where it may not go.

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <stdexcept>

#include "explored.hpp"

namespace {

using explore::explore;
using explore::Fault;
using explore::require;
using explore::Scenario;

TEST(Thread, KeepsItsOwnExceptions) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& turn = s.make<std::atomic<int>>(0);
                for (int me : {1, 2}) {
                  s.thread(me == 1 ? "left" : "right", [&, me] {
                    try {
                      throw int{me};
                    } catch (...) {
                      turn.fetch_add(1);
                      try {
                        throw;
                      } catch (int mine) {
                        require(mine == me, "it is its own exception that it throws again");
                      }
                    }
                  });
                }
              }),
              IsProven());
}

thread_local int own = 7;

TEST(Thread, KeepsItsOwnThreadLocals) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& turn = s.make<std::atomic<int>>(0);
                for (int me : {1, 2}) {
                  s.thread(me == 1 ? "left" : "right", [&, me] {
                    require(own == 7, "a thread_local begins with its initial value");
                    own = me;
                    turn.fetch_add(1);
                    require(own == me, "nobody else writes to it");
                  });
                }
              }),
              IsProven());
}

TEST(Thread, ThatThrowsIsReported) {
  const auto result = explore([](Scenario& s) { s.thread("thrower", [] { throw std::runtime_error{"no data"}; }); });
  EXPECT_THAT(result, FailsWith(Fault::kThrew));
  EXPECT_THAT(result.what, ::testing::HasSubstr("no data"));
}

TEST(Thread, ThatBlocksInAnUnknownCallIsReported) {
  EXPECT_THAT(explore([](Scenario& s) { s.thread("sleeper", [] { ::pause(); }); }), FailsWith(Fault::kUnsupported));
}

TEST(Region, IsNotLeft) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& values = s.make<std::array<int, 4>>();
                volatile int beyond = 4;
                s.thread("careless", [&values, beyond] { *(values.data() + beyond) = 1; });
              }),
              FailsWith(Fault::kOutside));
}

TEST(Livelock, IsNoSpinThatOnlyTriesToExchange) {
  enum : int { kNothing, kBegun, kDone };
  const auto result = explore([](Scenario& s) {
    auto& state = s.make<std::atomic<int>>(kNothing);
    const auto make_once = [&] {
      for (int seen = kNothing; seen != kDone;) {
        seen = kNothing;
        if (state.compare_exchange_strong(seen, kBegun, std::memory_order_acquire)) {
          state.store(kDone, std::memory_order_release);
          return;
        }
      }
    };
    s.thread("one", make_once);
    s.thread("another", make_once);
  });
  EXPECT_THAT(result, IsProven());
}

TEST(Livelock, IsToldFromASlowSpin) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& flag = s.make<std::atomic<bool>>(false);
                s.thread("hopeful", [&] {
                  while (!flag.load()) {
                  }
                });
                s.thread("idle", [] {});
              }),
              FailsWith(Fault::kLivelock));
}

}  // namespace
