// A bounded queue on a mutex and condition variables, and a counter under a robust mutex: right, and as they are often
// written.

#include <gtest/gtest.h>
#include <pthread.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>

#include "variants.hpp"

namespace {

using explore::Fault;
using explore::require;
using explore::Scenario;

// With their sizes, for the table.
constexpr const char* kQueue = "bounded queue of 1, 2 items";
constexpr const char* kQueueOfThree = "bounded queue of 1, 2 items, 2 consumers";
constexpr const char* kCounter = "robust counter, 3 threads, one dies";

enum class WrongQueue {
  kNothing,
  kIfInsteadOfWhile,
  kNoSignal,
  kSignalBeforeChange,
  kOneConditionOneSignal,
  kNoConsistent,
  kNoRepair,
  kIgnoresTheDeath
};

// ---- The queue, of one item
// ---------------------------------------------------------------------------------------------------
template <WrongQueue wrong>
class Queue {
 public:
  void push(int item) {
    std::unique_lock guard{mutex_};
    wait(guard, not_full_, [this] { return !full_; });
    if (wrong == WrongQueue::kSignalBeforeChange) {
      guard.unlock();
      not_empty_.notify_one();
      guard.lock();
    }
    item_ = item;
    full_ = true;
    if (wrong != WrongQueue::kNoSignal && wrong != WrongQueue::kSignalBeforeChange)
      condition_of_consumers().notify_one();
  }
  int pop() {
    std::unique_lock guard{mutex_};
    wait(guard, condition_of_consumers(), [this] { return full_; });
    require(full_, "who pops finds an item");
    full_ = false;
    not_full_.notify_one();
    return item_;
  }

 private:
  std::condition_variable& condition_of_consumers() {
    return wrong == WrongQueue::kOneConditionOneSignal ? not_full_ : not_empty_;
  }
  template <typename Condition>
  static void wait(std::unique_lock<std::mutex>& guard, std::condition_variable& at, Condition condition) {
    if (wrong == WrongQueue::kIfInsteadOfWhile) {
      if (!condition()) at.wait(guard);
    } else {
      while (!condition()) at.wait(guard);
    }
  }

  std::mutex mutex_;
  std::condition_variable not_full_;
  std::condition_variable not_empty_;
  int item_ = 0;
  bool full_ = false;
};

template <WrongQueue wrong>
void two_items(Scenario& s) {
  auto& queue = s.make<Queue<wrong>>();
  auto& sum = s.keep<int>(0);
  s.thread("producer", [&] {
    queue.push(1);
    queue.push(2);
  });
  s.thread("consumer", [&] {
    for (int i = 0; i < 2; ++i) sum += queue.pop();
  });
  s.finally([&] { require(sum == 3, "both items arrive"); });
}

// Two consumers, so that a wake-up can go to the wrong one.
template <WrongQueue wrong>
void two_consumers(Scenario& s) {
  auto& queue = s.make<Queue<wrong>>();
  s.thread("producer", [&] {
    queue.push(1);
    queue.push(2);
  });
  for (const char* name : {"consumer", "other consumer"}) s.thread(name, [&] { queue.pop(); });
}

TEST(BoundedQueue, HandsOverEachItemOnce) {
  EXPECT_THAT(variant(kQueue, kRight, two_items<WrongQueue::kNothing>), IsProven());
}
TEST(BoundedQueue, LooksAgainAfterAWait) {
  EXPECT_THAT(variant(kQueue, "if instead of while", two_items<WrongQueue::kIfInsteadOfWhile>),
              FailsWith(Fault::kBroken));
}
TEST(BoundedQueue, TellsThatThereIsAnItem) {
  EXPECT_THAT(variant(kQueue, "no signal", two_items<WrongQueue::kNoSignal>), FailsWith(Fault::kDeadlock));
}
TEST(BoundedQueue, SignalsAfterTheChange) {
  EXPECT_THAT(variant(kQueue, "signals before the change", two_items<WrongQueue::kSignalBeforeChange>),
              FailsWith(Fault::kDeadlock));
}
TEST(BoundedQueue, HandsOneItemToEachConsumer) {
  EXPECT_THAT(variant(kQueueOfThree, kRight, two_consumers<WrongQueue::kNothing>), IsProven());
}
TEST(BoundedQueue, LosesAWakeUpThatTheWrongOneGets) {
  EXPECT_THAT(variant(kQueueOfThree, "one condition variable for both, one signal",
                      two_consumers<WrongQueue::kOneConditionOneSignal>),
              FailsWith(Fault::kDeadlock));
}

// ---- The robust counter
// -----------------------------------------------------------------------------------------------------------
template <WrongQueue wrong>
class RobustCounter {
 public:
  RobustCounter() {
    pthread_mutexattr_t attributes;
    ::pthread_mutexattr_init(&attributes);
    ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    ::pthread_mutex_init(&mutex_, &attributes);
    ::pthread_mutexattr_destroy(&attributes);
  }
  // The two are always equal, except in between.
  void add(bool and_die) {
    const int error = ::pthread_mutex_lock(&mutex_);
    if (error == EOWNERDEAD && wrong != WrongQueue::kIgnoresTheDeath) {
      if (wrong != WrongQueue::kNoRepair) second_ = first_;
      if (wrong != WrongQueue::kNoConsistent) ::pthread_mutex_consistent(&mutex_);
    }
    require(error != ENOTRECOVERABLE, "the mutex can be used");
    require(first_ == second_, "who holds the mutex finds both equal");
    ++first_;
    if (and_die) explore::die();
    ++second_;
    ::pthread_mutex_unlock(&mutex_);
  }

 private:
  pthread_mutex_t mutex_;
  int first_ = 0;
  int second_ = 0;
};

template <WrongQueue wrong>
void one_dies(Scenario& s) {
  auto& counter = s.make<RobustCounter<wrong>>();
  s.thread("mortal", [&] { counter.add(true); });
  for (const char* name : {"survivor", "other survivor"}) s.thread(name, [&] { counter.add(false); });
}

TEST(RobustCounter, SurvivesItsOwner) {
  EXPECT_THAT(variant(kCounter, kRight, one_dies<WrongQueue::kNothing>), IsProven());
}
TEST(RobustCounter, IsRepaired) {
  EXPECT_THAT(variant(kCounter, "no repair", one_dies<WrongQueue::kNoRepair>), FailsWith(Fault::kBroken));
}
TEST(RobustCounter, IsMadeConsistent) {
  EXPECT_THAT(variant(kCounter, "not made consistent", one_dies<WrongQueue::kNoConsistent>), FailsWith(Fault::kBroken));
}
TEST(RobustCounter, LooksAtWhatLockReturns) {
  EXPECT_THAT(variant(kCounter, "ignores EOWNERDEAD", one_dies<WrongQueue::kIgnoresTheDeath>),
              FailsWith(Fault::kBroken));
}

}  // namespace
