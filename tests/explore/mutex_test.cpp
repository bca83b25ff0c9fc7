// Mutexes, and what goes wrong with them.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>

#include "explored.hpp"

namespace {

using explore::explore;
using explore::Fault;
using explore::require;
using explore::Scenario;

struct Counter {
  std::mutex mutex;
  int count = 0;
};

TEST(Mutex, OrdersWhatItGuards) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& counter = s.make<Counter>();
                for (const char* name : {"left", "right", "third"}) {
                  s.thread(name, [&] {
                    const std::lock_guard guard{counter.mutex};
                    ++counter.count;
                  });
                }
                s.finally([&] { require(counter.count == 3, "each adds one"); });
              }),
              IsProven());
}

TEST(Mutex, OfOneSideOnlyGuardsNothing) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& counter = s.make<Counter>();
                s.thread("careful", [&] {
                  const std::lock_guard guard{counter.mutex};
                  ++counter.count;
                });
                s.thread("careless", [&] { ++counter.count; });
              }),
              FailsWith(Fault::kRace));
}

TEST(Mutex, GuardsNothingThatComesAfterIt) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& counter = s.make<Counter>();
                s.thread("careless", [&] {
                  counter.mutex.lock();
                  counter.mutex.unlock();
                  require(counter.count <= 1, "there is one who counts");
                });
                s.thread("careful", [&] {
                  const std::lock_guard guard{counter.mutex};
                  ++counter.count;
                });
              }),
              FailsWith(Fault::kRace));
}

TEST(Mutex, GivenUpBetweenReadAndWriteLosesAnUpdate) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& counter = s.make<Counter>();
                for (const char* name : {"left", "right"}) {
                  s.thread(name, [&] {
                    counter.mutex.lock();
                    const int seen = counter.count;
                    counter.mutex.unlock();
                    const std::lock_guard guard{counter.mutex};
                    counter.count = seen + 1;
                  });
                }
                s.finally([&] { require(counter.count == 2, "each adds one"); });
              }),
              FailsWith(Fault::kBroken));
}

TEST(Mutex, TakenInTwoOrdersDeadlocks) {
  const auto result = explore([](Scenario& s) {
    auto& first = s.make<std::mutex>();
    auto& second = s.make<std::mutex>();
    s.thread("left", [&] { const std::scoped_lock guard{first, second}; });
    s.thread("right", [&] {
      const std::lock_guard one{second};
      const std::lock_guard other{first};
    });
    s.thread("third", [&] {
      const std::lock_guard one{first};
      const std::lock_guard other{second};
    });
  });
  EXPECT_THAT(result, FailsWith(Fault::kDeadlock));
  EXPECT_THAT(result.what, ::testing::HasSubstr("waits for a mutex that"));
}

TEST(Mutex, LockedTwiceByItsOwnerDeadlocks) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& mutex = s.make<std::mutex>();
                s.thread("owner", [&] {
                  const std::lock_guard one{mutex};
                  mutex.lock();
                });
              }),
              FailsWith(Fault::kDeadlock));
}

TEST(Mutex, OfTheRecursiveKindMayBeLockedTwice) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& mutex = s.make<std::recursive_mutex>();
                auto& count = s.make<int>(0);
                for (const char* name : {"left", "right"}) {
                  s.thread(name, [&] {
                    const std::lock_guard one{mutex};
                    const std::lock_guard other{mutex};
                    ++count;
                  });
                }
              }),
              IsProven());
}

TEST(Mutex, UnlockedByAnotherIsMisuse) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& mutex = s.make<std::mutex>();
                s.thread("careless", [&] { mutex.unlock(); });
              }),
              FailsWith(Fault::kMisuse));
}

TEST(Mutex, MayBeTriedAndNotGot) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& counter = s.make<Counter>();
                auto& missed = s.make<std::atomic<int>>(0);
                for (const char* name : {"left", "right"}) {
                  s.thread(name, [&] {
                    if (!counter.mutex.try_lock()) {
                      ++missed;
                      return;
                    }
                    ++counter.count;
                    counter.mutex.unlock();
                  });
                }
                s.finally([&] { require(counter.count + missed == 2, "who misses does not count"); });
              }),
              IsProven());
}

TEST(Mutex, TimesOutInSomeExecution) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& mutex = s.make<std::timed_mutex>();
                for (const char* name : {"left", "right"}) {
                  s.thread(name, [&] {
                    const bool got = mutex.try_lock_for(std::chrono::milliseconds{10});
                    require(got, "who is patient gets it");
                    mutex.unlock();
                  });
                }
              }),
              FailsWith(Fault::kBroken));
}

}  // namespace
