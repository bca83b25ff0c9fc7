// Semaphores, barriers, atomic waits and the clock.

#include <gtest/gtest.h>
#include <pthread.h>
#include <semaphore.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <thread>

#include "explored.hpp"

namespace {

using explore::explore;
using explore::Fault;
using explore::require;
using explore::Scenario;

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

}  // namespace
