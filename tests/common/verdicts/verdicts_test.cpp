// Each suite here bears the name of the verdict that its tests must get: they play wrong and unsolved student code, and
// no wrong code may pass, whatever the assertions say. tests/common/verdicts/run compares the records with the names.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <thread>

#include "shm/not_implemented.hpp"
#include "testing/fresh_name.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/prediction.hpp"
#include "testing/subject.hpp"

namespace {

using judge::DiesOf;
using judge::Returns;
using judge::ReturnsNormally;
using judge::start;
using judge::subject;

int unsolved() { throw shm::NotImplemented{"step 3: attach"}; }
int unsolved_and_noexcept() noexcept { return unsolved(); }

TEST(not_started, AStepThatThrows) { EXPECT_THAT(subject(unsolved), Returns(1)); }

enum class Guess { kNone, kSome, kOther };
constexpr std::string_view in_words(Guess guess) { return guess == Guess::kSome ? "is some" : "is other"; }

TEST(not_started, APredictionThatWasNotMade) {
  EXPECT_THAT(judge::predicted([] { return Guess::kNone; }), judge::Happens(Guess::kSome));
}

TEST(not_started, AStepThatThrowsInAThread) {
  EXPECT_THAT(subject([] { std::thread{unsolved}.join(); }), ReturnsNormally());
}

TEST(not_started, AStepThatThrowsInAForkedChild) {
  EXPECT_THAT(subject([] {
                const pid_t child = ::fork();
                if (child == 0) unsolved();
                ::waitpid(child, nullptr, 0);
                return 1;
              }),
              Returns(1));
}

TEST(not_started, AStepThatThrowsBehindNoexcept) { EXPECT_THAT(subject(unsolved_and_noexcept), DiesOf(SIGABRT)); }

TEST(not_started, AStepThatThrowsInsideExpectThrow) {
  EXPECT_THAT(subject([] {
                EXPECT_ANY_THROW(unsolved());
                return 1;
              }),
              Returns(1));
}

TEST(not_started, AStepWhoseExceptionIsCaught) {
  EXPECT_THAT(subject([] {
                try {
                  unsolved();
                } catch (...) {  // a student's catch-all
                }
                return 1;
              }),
              Returns(1));
}

TEST(not_started, AStepThatTheJudgeCallsItself) { EXPECT_ANY_THROW(unsolved()); }

TEST(failed, APredictionThatMissedAfterAnExperimentThatDied) {
  const auto seen = judge::experiment([] { ::raise(SIGKILL); });
  EXPECT_EQ(seen.signal, SIGKILL);
  EXPECT_THAT(judge::predicted([] { return Guess::kOther; }), judge::Happens(Guess::kSome));
}

TEST(failed, AWrongValue) {
  EXPECT_THAT(subject([] { return 1; }), Returns(2));
}

TEST(failed, AnExceptionInsteadOfAValue) {
  EXPECT_THAT(subject([]() -> int { throw std::runtime_error{"no"}; }), Returns(2));
}

TEST(crashed, AnExitIsNotAReturn) {
  EXPECT_THAT(subject([] { std::exit(0); }), ReturnsNormally());
}

TEST(crashed, AStrayPointer) {
  EXPECT_THAT(subject([] { ::raise(SIGSEGV); }), ReturnsNormally());
}

TEST(crashed, AllMemoryWrittenOver) {
  // Everything that the process may write and that is shared, the result's page among it.
  EXPECT_THAT(
      subject([] {
        FILE* maps = std::fopen("/proc/self/maps", "r");
        char line[512];
        while (std::fgets(line, sizeof line, maps) != nullptr) {
          unsigned long first = 0;
          unsigned long last = 0;
          char rights[5];
          if (std::sscanf(line, "%lx-%lx %4s", &first, &last, rights) == 3 && std::strcmp(rights, "rw-s") == 0) {
            std::memset(reinterpret_cast<void*>(first), 0x5a, std::min(last - first, 4UL << 20));
          }
        }
        std::_Exit(0);
      }),
      ReturnsNormally());
}

TEST(timed_out, AHang) {
  EXPECT_THAT(subject([] { ::pause(); }, {.deadline = std::chrono::milliseconds{100}}), ReturnsNormally());
}

TEST(leaked, ADescriptor) {
  EXPECT_THAT(subject([] { return ::open("/dev/null", O_RDONLY | O_CLOEXEC) > 0; }), Returns(true));
}

TEST(leaked, AnObjectUnderANameOfItsOwn) {
  const judge::FreshName name;
  EXPECT_THAT(subject([other = name.str() + ".tmp"] { ::close(::shm_open(other.c_str(), O_CREAT | O_RDWR, 0600)); }),
              ReturnsNormally());
}

TEST(leaked, ASysVSegment) {
  EXPECT_THAT(subject([] { return ::shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600) >= 0; }), Returns(true));
}

TEST(leaked, ASysVSegmentOfAProcessThatWasKilled) {
  EXPECT_THAT(subject([] {
                const pid_t child = ::fork();
                if (child == 0) {
                  (void)::shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
                  ::raise(SIGKILL);
                }
                ::waitpid(child, nullptr, 0);
              }),
              ReturnsNormally());
}

TEST(leaked, ASysVSegmentThatIsStillAttached) {
  EXPECT_THAT(subject([] {
                const int id = ::shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
                (void)::shmat(id, nullptr, 0);
                ::shmctl(id, IPC_RMID, nullptr);
              }),
              ReturnsNormally());
}

TEST(leaked, AProcess) {
  EXPECT_THAT(subject([] {
                if (::fork() == 0) {
                  for (;;) ::pause();
                }
              }),
              ReturnsNormally());
}

TEST(leaked, ASubjectWhoseOutcomeNobodyLookedAt) {
  auto forgotten = start([] { ::pause(); });
}

TEST(passed, TheNextTestIsUnharmed) {
  EXPECT_THAT(subject([] { return 42; }), Returns(42));
}

}  // namespace
