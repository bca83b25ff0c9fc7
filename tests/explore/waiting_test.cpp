// Locks, condition variables and other waits, and what goes wrong with them.

#include <gtest/gtest.h>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <barrier>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <thread>

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

TEST(SharedMutex, LetsReadersIn) {
  EXPECT_THAT(explore([](Scenario& s) {
                struct State {
                  std::shared_mutex mutex;
                  int value = 0;
                };
                auto& state = s.make<State>();
                for (const char* name : {"reader", "other reader"}) {
                  s.thread(name, [&] {
                    const std::shared_lock guard{state.mutex};
                    require(state.value % 2 == 0, "nobody sees it half written");
                  });
                }
                s.thread("writer", [&] {
                  const std::unique_lock guard{state.mutex};
                  ++state.value;
                  ++state.value;
                });
              }),
              IsProven());
}

struct Guarded {
  Guarded() {
    pthread_rwlockattr_t attributes;
    ::pthread_rwlockattr_init(&attributes);
    ::pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    ::pthread_rwlock_init(&lock, &attributes);
    ::pthread_rwlockattr_destroy(&attributes);
  }
  pthread_rwlock_t lock;
  int value = 0;
};

TEST(WriterPreference, BeginsWhenTheWriterHasCome) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& guarded = s.make<Guarded>();
                s.thread("reader", [&] {
                  ::pthread_rwlock_rdlock(&guarded.lock);
                  require(guarded.value % 2 == 0, "nobody sees it half written");
                  ::pthread_rwlock_unlock(&guarded.lock);
                });
                s.thread("writer", [&] {
                  ++guarded.value;  // before the lock
                  ::pthread_rwlock_wrlock(&guarded.lock);
                  ++guarded.value;
                  ::pthread_rwlock_unlock(&guarded.lock);
                });
              }),
              FailsWith(Fault::kRace));
}

TEST(WriterPreference, KeepsReadersOutWhileAWriterWaits) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& guarded = s.make<Guarded>();
                auto& written = s.keep<bool>(false);
                s.thread("reader", [&] {
                  ::pthread_rwlock_rdlock(&guarded.lock);
                  ::pthread_rwlock_unlock(&guarded.lock);
                  ::pthread_rwlock_rdlock(&guarded.lock);
                  ::pthread_rwlock_unlock(&guarded.lock);
                });
                s.thread("writer", [&] {
                  ::pthread_rwlock_wrlock(&guarded.lock);
                  written = true;
                  ::pthread_rwlock_unlock(&guarded.lock);
                });
                s.finally([&] { require(written, "the writer gets in"); });
              }),
              IsProven());
}

TEST(Semaphore, HandsOver) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& semaphore = s.make<sem_t>();
                auto& value = s.make<int>(0);
                ::sem_init(&semaphore, 1, 0);
                s.thread("giver", [&] {
                  value = 42;
                  ::sem_post(&semaphore);
                });
                s.thread("taker", [&] {
                  ::sem_wait(&semaphore);
                  require(value == 42, "what was written before arrives");
                });
              }),
              IsProven());
}

TEST(Barrier, OrdersBothSides) {
  EXPECT_THAT(explore([](Scenario& s) {
                struct State {
                  pthread_barrier_t barrier;
                  int values[2] = {};
                };
                auto& state = s.make<State>();
                ::pthread_barrier_init(&state.barrier, nullptr, 2);
                for (int me : {0, 1}) {
                  s.thread(me == 0 ? "left" : "right", [&, me] {
                    state.values[me] = 1;
                    ::pthread_barrier_wait(&state.barrier);
                    require(state.values[1 - me] == 1, "what the other wrote before arrives");
                  });
                }
              }),
              IsProven());
}

TEST(Barrier, OfTheStandardLibraryOrdersBothSides) {
  EXPECT_THAT(explore([](Scenario& s) {
                struct State {
                  std::barrier<> barrier{2};
                  int values[2] = {};
                };
                auto& state = s.make<State>();
                for (int me : {0, 1}) {
                  s.thread(me == 0 ? "left" : "right", [&, me] {
                    state.values[me] = 1;
                    state.barrier.arrive_and_wait();
                    require(state.values[1 - me] == 1, "what the other wrote before arrives");
                  });
                }
              }).fault,
              Fault::kNone);
}

TEST(AtomicWait, ReturnsWhenNotified) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& flag = s.make<std::atomic<int>>(0);
                auto& value = s.make<int>(0);
                s.thread("waiter", [&] {
                  flag.wait(0, std::memory_order_acquire);
                  require(value == 42, "what was written before arrives");
                });
                s.thread("notifier", [&] {
                  value = 42;
                  flag.store(1, std::memory_order_release);
                  flag.notify_one();
                });
              }).fault,
              Fault::kNone);
}

TEST(AtomicWait, WithoutANotificationHangsInSomeExecution) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& flag = s.make<std::atomic<int>>(0);
                s.thread("waiter", [&] { flag.wait(0); });
                s.thread("forgetful", [&] { flag.store(1); });
              }),
              FailsWith(Fault::kDeadlock));
}

TEST(Clock, LetsDeadlinesPassOnlyWhenNobodyCanGoOn) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& flag = s.make<std::atomic<bool>>(false);
                s.thread("patient", [&] {
                  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
                  while (!flag.load() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
                });
              }),
              IsProven());
}

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
