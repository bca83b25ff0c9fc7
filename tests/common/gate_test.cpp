// Gates make a call fail, or hold a process at it.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <stdexcept>
#include <thread>
#include <vector>

#include "shm/unique_fd.hpp"
#include "testing/fresh_name.hpp"
#include "testing/gate.hpp"
#include "testing/matchers.hpp"
#include "testing/rendezvous.hpp"
#include "testing/subject.hpp"

namespace {

namespace gate = judge::gate;
using judge::Returns;
using judge::start;
using judge::subject;

TEST(Gate, MakesACallFailThatSetsErrno) {
  EXPECT_THAT(subject([] {
                gate::fail("ftruncate", EINTR);
                return ::ftruncate(-1, 0) == -1 ? errno : 0;
              }),
              Returns(EINTR));
}

TEST(Gate, MakesACallFailThatReturnsItsError) {
  EXPECT_THAT(subject([] {
                gate::fail("posix_fallocate", ENOSPC);
                return ::posix_fallocate(-1, 0, 1);
              }),
              Returns(ENOSPC));
}

TEST(Gate, FailsToMakeALock) {
  EXPECT_THAT(subject([] {
                gate::fail("pthread_rwlock_init", ENOMEM);
                pthread_rwlock_t lock;
                return ::pthread_rwlock_init(&lock, nullptr);
              }),
              Returns(ENOMEM));
}

TEST(Gate, MakesASystemRefuseWhatAMutexShouldBe) {
  EXPECT_THAT(subject([] {
                pthread_mutexattr_t attributes;
                ::pthread_mutexattr_init(&attributes);
                gate::fail("pthread_mutexattr_setpshared", ENOTSUP);
                gate::fail("pthread_mutexattr_setrobust", EINVAL);
                return std::vector{::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED),
                                   ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST)};
              }),
              Returns(testing::ElementsAre(ENOTSUP, EINVAL)));
}

TEST(Gate, MakesMmapFail) {
  EXPECT_THAT(subject([] {
                gate::fail("mmap", ENOMEM);
                return ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0;
              }),
              Returns(ENOMEM));
}

TEST(Gate, MakesCallsOnPagesAndHandlersFail) {
  EXPECT_THAT(subject([] {
                gate::fail("madvise", EINVAL);
                gate::fail("mprotect", ENOMEM);
                gate::fail("sigaction", EPERM);
                std::vector<int> errors;
                errors.push_back(::madvise(nullptr, 0, MADV_NORMAL) == -1 ? errno : 0);
                errors.push_back(::mprotect(nullptr, 0, PROT_READ) == -1 ? errno : 0);
                errors.push_back(::sigaction(SIGUSR1, nullptr, nullptr) == -1 ? errno : 0);
                return errors;
              }),
              Returns(testing::ElementsAre(EINVAL, ENOMEM, EPERM)));
}

TEST(Gate, MakesCallsOnSegmentsFail) {
  EXPECT_THAT(subject([] {
                gate::fail("ftok", ENOENT);
                gate::fail("shmget", ENOSPC);
                gate::fail("shmat", ENOMEM);
                gate::fail("shmdt", EINVAL);
                gate::fail("shmctl", EIDRM);
                std::vector<int> errors;
                errors.push_back(::ftok("/", 1) == -1 ? errno : 0);
                errors.push_back(::shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600) == -1 ? errno : 0);
                errors.push_back(::shmat(-1, nullptr, 0) == reinterpret_cast<void*>(-1) ? errno : 0);
                errors.push_back(::shmdt(nullptr) == -1 ? errno : 0);
                errors.push_back(::shmctl(-1, IPC_RMID, nullptr) == -1 ? errno : 0);
                return errors;
              }),
              Returns(testing::ElementsAre(ENOENT, ENOSPC, ENOMEM, EINVAL, EIDRM)));
}

TEST(Gate, HandsOnCallsOnSegments) {
  EXPECT_THAT(subject([] {
                const key_t key = ::ftok("/", 7);
                const int id = ::shmget(IPC_PRIVATE, 100, IPC_CREAT | 0600);
                void* const bytes = ::shmat(id, nullptr, 0);
                *static_cast<int*>(bytes) = 42;
                shmid_ds status{};
                const bool is_known = ::shmctl(id, IPC_STAT, &status) == 0;
                ::shmctl(id, IPC_RMID, nullptr);
                const int value = *static_cast<int*>(bytes);
                const bool is_detached = ::shmdt(bytes) == 0;
                return std::vector<long>{key >> 24,
                                         is_known,
                                         static_cast<long>(status.shm_segsz),
                                         value,
                                         is_detached,
                                         gate::calls("ftok"),
                                         gate::calls("shmget"),
                                         gate::calls("shmat"),
                                         gate::calls("shmctl"),
                                         gate::calls("shmdt")};
              }),
              Returns(testing::ElementsAre(7, 1, 100, 42, 1, 1, 1, 1, 2, 1)));
}

TEST(Gate, TellsThreadSanitizerThatASegmentIsNew) {
  EXPECT_THAT(subject([] {
                // Nothing orders the two threads' writes, but they go to two segments, which may have the same address.
                std::atomic<bool> has_begun{false};
                std::atomic<bool> is_over{false};
                const auto wait_for = [](const std::atomic<bool>& flag) {
                  while (!flag.load(std::memory_order_relaxed)) ::sched_yield();
                };
                const auto use_one = [] {
                  const int id = ::shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
                  auto* const value = static_cast<int*>(::shmat(id, nullptr, 0));
                  ::shmctl(id, IPC_RMID, nullptr);
                  *value = 1;
                  ::shmdt(value);
                };
                std::thread first{[&] {
                  wait_for(has_begun);
                  use_one();
                  is_over.store(true, std::memory_order_relaxed);
                }};
                std::thread second{[&] {
                  has_begun.store(true, std::memory_order_relaxed);
                  wait_for(is_over);
                  use_one();
                }};
                first.join();
                second.join();
              }),
              judge::ReturnsNormally());
}

TEST(Gate, DoesNotOrderThreadsThatPassIt) {
  const auto outcome = subject([] {
    int value = 0;
    std::atomic<bool> is_over{false};
    std::thread first{[&] {
      value = 1;
      ::sched_yield();
      is_over.store(true, std::memory_order_relaxed);
    }};
    std::thread second{[&] {
      while (!is_over.load(std::memory_order_relaxed)) {
      }
      ::sched_yield();
      value = 2;
    }};
    first.join();
    second.join();
  });
#ifdef __SANITIZE_THREAD__
  EXPECT_THAT(outcome, judge::EndsAs(judge::Kind::kSanitizer)) << "nothing else orders the writes";
#else
  EXPECT_THAT(outcome, judge::ReturnsNormally());
#endif
}

TEST(Gate, KnowsConditionVariables) {
  EXPECT_THAT(subject([] {
                pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
                pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
                const timespec past{};
                gate::fail("pthread_cond_timedwait", EOWNERDEAD);
                ::pthread_mutex_lock(&mutex);
                const int planned = ::pthread_cond_timedwait(&condition, &mutex, &past);
                const int real = ::pthread_cond_timedwait(&condition, &mutex, &past);
                const int by_clock = ::pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &past);
                ::pthread_mutex_unlock(&mutex);
                ::pthread_cond_signal(&condition);
                ::pthread_cond_broadcast(&condition);
                return std::vector<int>{planned, real, by_clock, gate::calls("pthread_cond_signal"),
                                        gate::calls("pthread_cond_broadcast")};
              }),
              Returns(std::vector<int>{EOWNERDEAD, ETIMEDOUT, ETIMEDOUT, 1, 1}));
}

TEST(Gate, FailsOnlyTheNthCall) {
  EXPECT_THAT(subject([] {
                pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
                gate::fail("pthread_mutex_lock", EOWNERDEAD, 2);
                const int first = ::pthread_mutex_lock(&mutex);
                const int second = ::pthread_mutex_lock(&mutex);
                ::pthread_mutex_unlock(&mutex);
                const int third = ::pthread_mutex_lock(&mutex);
                ::pthread_mutex_unlock(&mutex);
                return first == 0 && second == EOWNERDEAD && third == 0;
              }),
              Returns(true));
}

TEST(Gate, FailsAlwaysFromTheNthCallOn) {
  EXPECT_THAT(subject([] {
                gate::fail_always("ftruncate", ENOSPC);
                return (::ftruncate(-1, 0) == -1 && errno == ENOSPC) && (::ftruncate(-1, 0) == -1 && errno == ENOSPC);
              }),
              Returns(true));
}

TEST(Gate, CountsCalls) {
  EXPECT_THAT(subject([] {
                for (int i = 0; i < 3; ++i) ::sched_yield();
                return gate::calls("sched_yield");
              }),
              Returns(3));
}

TEST(Gate, CountsFromTheStartOfTheSubject) {
  ::sched_yield();
  EXPECT_THAT(subject([] { return gate::calls("sched_yield"); }), Returns(0));
}

TEST(Gate, ReachesCallsByPath) {
  EXPECT_THAT(subject([] {
                gate::fail("openat", EINTR);
                gate::fail("unlink", EPERM);
                return std::vector<int>{::openat(AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC) == -1 ? errno : 0,
                                        ::unlink("/dev/shm/nothing-by-this-name") == -1 ? errno : 0};
              }),
              Returns(std::vector<int>{EINTR, EPERM}));
}

TEST(Gate, ActsOnTheSubjectThatAskedAlone) {
  EXPECT_THAT(subject([] { gate::fail("ftruncate", EINTR); }), judge::ReturnsNormally());
  EXPECT_THAT(subject([] { return ::ftruncate(-1, 0) == -1 ? errno : 0; }), Returns(EBADF));
}

TEST(Gate, RefusesACallThatIsNotWrapped) { EXPECT_THROW(gate::fail("printf", EIO), std::invalid_argument); }

TEST(Gate, HoldsAProcessBeforeTheCallUntilItIsOpened) {
  const judge::FreshName name;
  gate::Gate before{{"shm_open"}, gate::When::kBefore};
  auto held = start([&] {
    const auto armed = before.arm();
    return ::shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600) == -1 ? errno : 0;
  });
  ASSERT_TRUE(before.await_arrival());
  EXPECT_FALSE(name.exists());
  ::close(::shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
  before.open();
  EXPECT_THAT(held.outcome(), Returns(EEXIST));
}

TEST(Gate, HoldsAProcessAfterTheCall) {
  const judge::FreshName name;
  gate::Gate after{{"shm_open"}, gate::When::kAfter};
  auto held = start([&] {
    const auto armed = after.arm();
    const shm::UniqueFd fd{::shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600)};
    return static_cast<bool>(fd);
  });
  ASSERT_TRUE(after.await_arrival());
  EXPECT_TRUE(name.exists());
  after.open();
  EXPECT_THAT(held.outcome(), Returns(true));
}

TEST(Gate, TellsThatAProcessWillNotCome) {
  gate::Gate never{{"ftruncate"}, gate::When::kBefore};
  auto other = start([&] { const auto armed = never.arm(); });
  EXPECT_FALSE(never.await_arrival());
  EXPECT_THAT(other.outcome(), judge::ReturnsNormally());
}

TEST(Rendezvous, LetsProcessesTakeTurns) {
  judge::Rendezvous turn;
  judge::Shared<std::atomic<int>> value;
  auto second = start([&] {
    turn.await(1);
    return value->exchange(2);
  });
  auto first = start([&] {
    value->store(1);
    turn.arrive();
  });
  EXPECT_THAT(second.outcome(), Returns(1));
  EXPECT_THAT(first.outcome(), judge::ReturnsNormally());
  EXPECT_EQ(value->load(), 2);
}

TEST(FreshName, IsNobodyElses) {
  const judge::FreshName one;
  const judge::FreshName other;
  EXPECT_NE(one.str(), other.str());
  EXPECT_FALSE(one.exists());
}

TEST(FreshName, RemovesWhateverBearsIt) {
  std::string kept;
  {
    const judge::FreshName name;
    kept = name.str();
    ::close(::shm_open(name.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
    EXPECT_TRUE(name.exists());
  }
  EXPECT_EQ(::shm_open(kept.c_str(), O_RDWR | O_CLOEXEC, 0), -1);
}

}  // namespace
