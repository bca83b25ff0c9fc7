// Subjects report what became of student code, whatever it did; and the next subject is unharmed.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>
#include <vector>

#include "shm/error.hpp"
#include "shm/mapping.hpp"
#include "shm/unique_fd.hpp"
#include "testing/belongings.hpp"
#include "testing/fresh_name.hpp"
#include "testing/matchers.hpp"
#include "testing/rendezvous.hpp"
#include "testing/stacks.hpp"
#include "testing/subject.hpp"

namespace {

using judge::DiesOf;
using judge::EndsAs;
using judge::Exits;
using judge::Kind;
using judge::Returns;
using judge::ReturnsNormally;
using judge::start;
using judge::subject;
using judge::Terms;
using judge::Throws;
using judge::ThrowsErrno;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Foreign {};

void expect_the_next_is_unharmed() {
  EXPECT_THAT(subject([] { return 42; }), Returns(42));
}

TEST(Subject, ThatReturnsNothingIsPrintedWithoutALookAtItsBytes) {
  EXPECT_EQ(::testing::PrintToString(subject([] {})), "it returned normally");
}

TEST(Subject, GivesBackTheValueThatItsLambdaReturned) {
  EXPECT_THAT(subject([] { return std::string{"seven"}; }), Returns("seven"));
  EXPECT_THAT(subject([] { return std::vector<int>{1, 2, 3}; }), Returns(ElementsAre(1, 2, 3)));
  EXPECT_THAT(subject([] {}), ReturnsNormally());
}

TEST(Subject, RunsInAProcessOfItsOwn) {
  const pid_t judge = ::getpid();
  EXPECT_THAT(subject([judge] { return ::getppid() == judge && ::getpid() != judge; }), Returns(true));
}

TEST(Subject, ReportsAnErrnoThatWasThrown) {
  const auto outcome = subject([] { shm::throw_error(EEXIST, "shm_open", "/name"); });
  EXPECT_THAT(outcome, ThrowsErrno(EEXIST));
  EXPECT_THAT(outcome.sentence(), HasSubstr("shm_open(/name)"));
}

TEST(Subject, ReportsTheExactTypeOfAnException) {
  EXPECT_THAT(subject([] { throw std::length_error{"too long"}; }), Throws("std::length_error"));
}

TEST(Subject, ReportsAForeignException) {
  const auto outcome = subject([] { throw Foreign{}; });
  EXPECT_EQ(outcome.kind, Kind::kThrew);
  EXPECT_THAT(outcome.exception_type, HasSubstr("Foreign"));
  expect_the_next_is_unharmed();
}

TEST(Subject, ThatExitsDidNotReturn) {
  EXPECT_THAT(subject([] { std::exit(0); }), Exits(0));
  EXPECT_THAT(subject([] { ::_exit(7); }), Exits(7));
  expect_the_next_is_unharmed();
}

TEST(Subject, ThatAbortsDiesOfIt) {
  EXPECT_THAT(subject([] { std::abort(); }), DiesOf(SIGABRT));
  expect_the_next_is_unharmed();
}

TEST(Subject, ThatTouchesNothingMappedDiesOfIt) {
  const auto outcome = subject([] {
    void* page = ::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *static_cast<volatile char*>(page) = 1;
  });
  // Memcheck sees the access before the kernel does.
  EXPECT_THAT(outcome, ::testing::AnyOf(DiesOf(SIGSEGV), EndsAs(Kind::kSanitizer)));
  expect_the_next_is_unharmed();
}

TEST(Subject, ThatBlocksForEverTimesOutAndSaysWhereItStood) {
  const auto outcome = subject([] { ::pause(); }, Terms{.deadline = std::chrono::milliseconds{200}});
  EXPECT_THAT(outcome, EndsAs(Kind::kTimedOut));
  EXPECT_NE(outcome.stacks, "");
  expect_the_next_is_unharmed();
}

TEST(Stacks, ShowTheStudentsOwnFramesAndTheirLines) {
  const char* printed =
      "PID 17 - process\n"
      "TID 17:\n"
      "#0  0x000056 lab::Ring<long>::items_ready(unsigned long)\n"
      "    build/stage/s-1/07-spsc-ring/spsc_ring.hpp:252:27\n"
      "#1  0x000056 - 1 lab::attach(std::string const&)\n"
      "    /home/alice/labs/01-shm-open/shm_object.cpp:42:3\n"
      "#2  0x000056 operator()\n"
      "    tests/07-spsc-ring/push_pop_test.cpp:53:60\n"
      "#3  0x000056 run_body\n"
      "    common/testing/child_side.cpp:117:50\n"
      "#4  0x000056 - 1 become\n"
      "    common/shm/child.cpp:28:16\n";
  EXPECT_EQ(judge::detail::tidy_stacks(printed, 17),
            "thread 17 of process 17 stood in\n"
            "  lab::Ring<long>::items_ready (spsc_ring.hpp:252)\n"
            "  lab::attach (shm_object.cpp:42)\n");
}

TEST(Subject, ThatSpinsForEverTimesOut) {
  std::atomic<bool> stop{false};
  const auto outcome = subject(
      [&] {
        while (!stop.load()) {
        }
      },
      Terms{.deadline = std::chrono::milliseconds{200}});
  EXPECT_THAT(outcome, EndsAs(Kind::kTimedOut));
  expect_the_next_is_unharmed();
}

TEST(Subject, ThatPrintsWithoutEndIsEnded) {
  const auto outcome = subject([] {
    const std::string line(4096, 'x');
    while (::write(STDOUT_FILENO, line.data(), line.size()) > 0) {
    }
  });
  EXPECT_THAT(outcome, EndsAs(Kind::kTimedOut));
  EXPECT_LE(outcome.output.size(), 16U * 1024);
}

TEST(Subject, ThatLeavesADescriptorOpenLeaked) {
  const auto outcome = subject([] { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); });
  EXPECT_THAT(outcome, EndsAs(Kind::kLeaked));
  EXPECT_THAT(outcome.sentence(), HasSubstr("/dev/null"));
  expect_the_next_is_unharmed();
}

TEST(Subject, ThatLeavesAnObjectMappedLeaked) {
  const judge::FreshName name;
  const auto outcome = subject([&] {
    const shm::UniqueFd fd{::shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600)};
    if (::ftruncate(fd.get(), 4096) != 0) shm::throw_error(errno, "ftruncate");
    return shm::Mapping::shared(fd.get(), 4096).release() != nullptr;
  });
  EXPECT_THAT(outcome, EndsAs(Kind::kLeaked));
  EXPECT_THAT(outcome.sentence(), HasSubstr(name.str()));
}

TEST(Subject, ThatLeavesASegmentAttachedLeaked) {
  const key_t key = 0x10000000 | ::getpid();
  const int id = ::shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0600);
  const auto outcome = subject([&] { return ::shmat(id, nullptr, 0) != MAP_FAILED; });
  EXPECT_THAT(outcome, EndsAs(Kind::kLeaked));
  char words[80];
  std::snprintf(words, sizeof words, "still attached: 4096 bytes of the SysV segment with the key 0x%08x", key);
  EXPECT_THAT(outcome.sentence(), HasSubstr(words));
  EXPECT_THAT(subject([&] { return ::shmdt(::shmat(id, nullptr, 0)); }), Returns(0));
  EXPECT_EQ(::shmctl(id, IPC_RMID, nullptr), 0);
}

TEST(Subject, ThatLeavesAProcessRunningLeakedAndTheProcessIsEnded) {
  judge::Shared<std::atomic<pid_t>> left;
  const auto outcome = subject([&] {
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) ::pause();
    }
    left->store(child);
  });
  EXPECT_THAT(outcome, EndsAs(Kind::kLeaked));
  EXPECT_EQ(::kill(left->load(), 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(Subject, ThatLeavesADaemonBehindLeaked) {
  const auto outcome = subject([] {
    if (const pid_t child = ::fork(); child == 0) {
      ::setsid();
      if (::fork() != 0) ::_exit(0);
      for (;;) ::pause();
    } else {
      ::waitpid(child, nullptr, 0);
    }
  });
  EXPECT_THAT(outcome, EndsAs(Kind::kLeaked));
  expect_the_next_is_unharmed();
}

TEST(Subject, CannotSignalItsJudgeOrItsSiblings) {
  judge::Rendezvous both;
  const pid_t judge = ::getpid();
  auto sibling = start([&] {
    both.await(1);
    return 1;
  });
  EXPECT_THAT(subject([&] {
                const bool refused = ::kill(judge, SIGKILL) == -1 && errno == EPERM && ::kill(-1, SIGKILL) == -1;
                both.arrive();
                return refused;
              }),
              Returns(true));
  EXPECT_THAT(sibling.outcome(), Returns(1));
}

TEST(Subject, MayKillItself) {
  EXPECT_THAT(subject([] { ::kill(::getpid(), SIGKILL); }), DiesOf(SIGKILL));
  EXPECT_THAT(subject([] { ::kill(0, SIGKILL); }), DiesOf(SIGKILL));
  expect_the_next_is_unharmed();
}

TEST(Subject, ThatClosesEveryDescriptorStillReturnsItsValue) {
  EXPECT_THAT(subject([] {
                for (int fd = 0; fd < 1024; ++fd) ::close(fd);
                return 5;
              }),
              Returns(5));
  expect_the_next_is_unharmed();
}

TEST(Subject, ThatForksAndReturnsTwiceReturnsOnce) {
  EXPECT_THAT(subject([] {
                const pid_t child = ::fork();
                if (child > 0) ::waitpid(child, nullptr, 0);
                return 9;
              }),
              Returns(9));
  expect_the_next_is_unharmed();
}

TEST(Subject, SeesPeersMapTheSameObjectElsewhere) {
  const judge::FreshName name;
  const shm::UniqueFd fd{::shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600)};
  ASSERT_EQ(::ftruncate(fd.get(), 4096), 0);
  const auto where = [&] {
    const auto mapping = shm::Mapping::shared(fd.get(), 4096);
    return reinterpret_cast<std::uintptr_t>(mapping.data());
  };
  const auto first = subject(where);
  const auto second = subject(where);
  const auto third = subject(where);
  ASSERT_TRUE(first.value && second.value && third.value);
  EXPECT_FALSE(*first.value == *second.value && *second.value == *third.value) << std::hex << *first.value;
}

TEST(Subject, SeesPeersAttachTheSameSegmentElsewhere) {
  const int id = ::shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
  const auto where = [&] {
    void* const address = ::shmat(id, nullptr, 0);
    ::shmdt(address);
    return reinterpret_cast<std::uintptr_t>(address);
  };
  const auto first = subject(where);
  const auto second = subject(where);
  const auto third = subject(where);
  EXPECT_EQ(::shmctl(id, IPC_RMID, nullptr), 0);
  ASSERT_TRUE(first.value && second.value && third.value);
  EXPECT_FALSE(*first.value == *second.value && *second.value == *third.value) << std::hex << *first.value;
}

// ---- What is left behind in the system
// -------------------------------------------------------------------------------

TEST(SegmentsLeftBehind, AreThoseOfProcessesThatHaveEnded) {
  const auto before = judge::detail::segments();
  judge::Shared<std::atomic<int>> grandchilds;
  const auto outcome = subject([&] {
    const pid_t child = ::fork();
    if (child == 0) {
      grandchilds->store(::shmget(IPC_PRIVATE, 100, IPC_CREAT | 0600));
      ::raise(SIGKILL);
    }
    ::waitpid(child, nullptr, 0);
    return ::shmget(IPC_PRIVATE, 200, IPC_CREAT | 0600);
  });
  const auto left = judge::detail::segments_left_behind(before);
  ASSERT_EQ(left.count(*grandchilds), 1U);
  ASSERT_EQ(left.count(outcome.value.value_or(-1)), 1U);
  EXPECT_EQ(left.at(*grandchilds).size, 100U);
  EXPECT_EQ(left.at(*outcome.value).size, 200U);
  for (const auto& [id, segment] : left) EXPECT_EQ(::shmctl(id, IPC_RMID, nullptr), 0);
}

TEST(SegmentsLeftBehind, AreNotThoseThatWereThere) {
  const int id = ::shmget(IPC_PRIVATE, 100, IPC_CREAT | 0600);
  const auto before = judge::detail::segments();
  EXPECT_EQ(judge::detail::segments_left_behind(before).count(id), 0U);
  EXPECT_EQ(::shmctl(id, IPC_RMID, nullptr), 0);
}

TEST(SegmentsLeftBehind, AreCalledByTheirKeys) {
  EXPECT_EQ(judge::detail::in_words({0x510a2f01, 4096, 1, 0}), "the SysV segment with the key 0x510a2f01 (4096 bytes)");
  EXPECT_EQ(judge::detail::in_words({0, 100, 1, 0}), "a SysV segment without a key (IPC_PRIVATE, 100 bytes)");
}

}  // namespace
