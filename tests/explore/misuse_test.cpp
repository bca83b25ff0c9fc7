// Locks that are used in a way in which they may not be, and memory that the explorer cannot follow.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <mutex>

#include "explored.hpp"
#include "shm/mapping.hpp"
#include "shm/unique_fd.hpp"
#include "testing/fresh_name.hpp"

namespace {

using explore::explore;
using explore::Fault;
using explore::require;
using explore::Scenario;
using testing::HasSubstr;
using testing::Not;

struct RobustMutex {
  pthread_mutex_t mutex;
  RobustMutex() {
    pthread_mutexattr_t attributes;
    ::pthread_mutexattr_init(&attributes);
    ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    ::pthread_mutex_init(&mutex, &attributes);
    ::pthread_mutexattr_destroy(&attributes);
  }
};

// The first dies with the lock; the second unlocks it as if nothing had happened; then it is lost.
void lose_the_mutex(Scenario& s, void (*then)(pthread_mutex_t&)) {
  auto& robust = s.make<RobustMutex>();
  s.thread("one who dies", [&] {
    ::pthread_mutex_lock(&robust.mutex);
    explore::die();
  });
  s.thread("another", [&, then] {
    const bool is_orphan = ::pthread_mutex_lock(&robust.mutex) == EOWNERDEAD;
    ::pthread_mutex_unlock(&robust.mutex);
    if (is_orphan) then(robust.mutex);
  });
}

TEST(UnrecoverableMutex, SaysSoToWhoLocksIt) {
  EXPECT_THAT(explore([](Scenario& s) {
                lose_the_mutex(s, [](pthread_mutex_t& mutex) {
                  require(::pthread_mutex_lock(&mutex) == ENOTRECOVERABLE, "it is lost for ever");
                });
              }),
              IsProven());
}

TEST(UnrecoverableMutex, IsNotHeldByWhoDidNotLook) {
  const auto result = explore([](Scenario& s) {
    lose_the_mutex(s, [](pthread_mutex_t& mutex) {
      ::pthread_mutex_lock(&mutex);
      ::pthread_mutex_unlock(&mutex);
    });
  });
  EXPECT_THAT(result, FailsWith(Fault::kMisuse));
  EXPECT_THAT(result.what, HasSubstr("unrecoverable"));
}

TEST(MixedSizes, OfAtomicAccessesToOneAddressAreRefused) {
  const auto result = explore([](Scenario& s) {
    auto& word = s.make<std::uint64_t>(0U);
    s.thread("all of it", [&] { __atomic_store_n(&word, 1, __ATOMIC_RELAXED); });
    s.thread("half of it", [&] { __atomic_store_n(reinterpret_cast<std::uint32_t*>(&word), 1, __ATOMIC_RELAXED); });
  });
  EXPECT_THAT(result, FailsWith(Fault::kUnsupported));
  EXPECT_THAT(result.what, HasSubstr("different sizes"));
}

TEST(LockOfAFile, ThatWouldBeWaitedForInTheKernelIsRefused) {
  const auto result = explore([](Scenario& s) {
    s.thread("one who locks a file", [] {
      struct flock lock {};
      lock.l_type = F_WRLCK;
      ::fcntl(0, F_SETLKW, &lock);
    });
  });
  EXPECT_THAT(result, FailsWith(Fault::kUnsupported));
  EXPECT_THAT(result.what, HasSubstr("fcntl"));
}

TEST(LockOfAFile, ThatIsNotWaitedForIsAStep) {
  const judge::FreshName name;
  const auto result = explore([&](Scenario& s) {
    auto& winners = s.keep<int>(0);
    const auto lock_it = [&] {
      const shm::UniqueFd fd{::shm_open(name.c_str(), O_RDWR | O_CREAT, 0600)};
      if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return;
      require(++winners == 1, "one at a time has the lock");
      ::sched_yield();
      --winners;
    };
    s.thread("one who locks a file", lock_it);
    s.thread("another", lock_it);
  });
  EXPECT_THAT(result, Not(FailsWith(Fault::kUnsupported))) << result.what;
  EXPECT_TRUE(result.complete);
}

TEST(LockOfAFile, EndsWithItsDescriptorWhateverIsMapped) {
  const judge::FreshName name;
  EXPECT_THAT(explore([&](Scenario& s) {
                s.thread("one who locks a file, maps it and goes", [&] {
                  for (int time = 0; time < 2; ++time) {
                    const shm::UniqueFd fd{::shm_open(name.c_str(), O_RDWR | O_CREAT, 0600)};
                    require(::flock(fd.get(), LOCK_EX | LOCK_NB) == 0, "nobody has the lock");
                    require(::ftruncate(fd.get(), 4096) == 0, "there is room");
                    const auto mapping = shm::Mapping::shared(fd.get(), 4096);
                  }
                });
              }),
              IsProven());
}

TEST(CodeThatDiffers, FromExecutionToExecutionIsRefused) {
  static int runs = 0;
  runs = 0;
  EXPECT_THAT(explore([](Scenario& s) {
                auto& word = s.make<std::atomic<int>>(0);
                const bool is_even = ++runs % 2 == 0;
                s.thread("one who changes its mind", [&word, is_even] {
                  if (!is_even) return;
                  word.store(1);
                  word.store(2);
                });
                s.thread("another", [&word] { static_cast<void>(word.load()); });
                s.thread("a third", [&word] { static_cast<void>(word.load()); });
              }),
              FailsWith(Fault::kUnsupported));
}

TEST(LongPolling, ByCallsThatLookLikeProgressGivesWayToTheOthers) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& is_set = s.make<int>(0);
                auto& mutex = s.make<std::mutex>();
                s.thread("one who waits", [&] {
                  for (;;) {
                    const std::lock_guard lock{mutex};
                    if (is_set != 0) return;
                  }
                });
                s.thread("one who sets it", [&] {
                  const std::lock_guard lock{mutex};
                  is_set = 1;
                });
              }),
              testing::Field(&explore::Result::fault, Fault::kNone));
}

TEST(LongPolling, ByCallsThatLookLikeProgressComesToItsDeadline) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& mutex = s.make<std::mutex>();
                s.thread("one who waits for nobody", [&] {
                  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
                  while (std::chrono::steady_clock::now() < deadline) {
                    const std::lock_guard lock{mutex};
                  }
                });
              }),
              IsProven());
}

}  // namespace
