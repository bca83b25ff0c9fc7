// The RAII pieces of common/shm.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "shm/child.hpp"
#include "shm/deadline.hpp"
#include "shm/error.hpp"
#include "shm/mapping.hpp"
#include "shm/unique_fd.hpp"
#include "testing/matchers.hpp"
#include "testing/rendezvous.hpp"
#include "testing/subject.hpp"

namespace {

using namespace std::chrono_literals;
using judge::Returns;
using judge::subject;
using shm::Child;
using shm::ChildStatus;
using shm::Deadline;

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

TEST(ThrowError, NamesTheCallAndItsObject) {
  try {
    shm::throw_error(ENOENT, "shm_open", "/ring");
    FAIL() << "it returned";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::error_code(ENOENT, std::generic_category()));
    EXPECT_THAT(error.what(), ::testing::StartsWith("shm_open(/ring): "));
  }
}

TEST(UniqueFd, ClosesWhatItOwns) {
  int number = -1;
  {
    const shm::UniqueFd fd{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    number = fd.get();
    ASSERT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(UniqueFd, MovesItsDescriptorOnce) {
  shm::UniqueFd from{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const int number = from.get();
  shm::UniqueFd to{std::move(from)};
  EXPECT_FALSE(from);  // NOLINT(bugprone-use-after-move): that it is empty is the point
  EXPECT_EQ(to.get(), number);
  EXPECT_TRUE(is_open(number));
}

TEST(UniqueFd, MoveAssignmentClosesTheOldOne) {
  shm::UniqueFd target{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const int old = target.get();
  target = shm::UniqueFd{::open("/dev/zero", O_RDONLY | O_CLOEXEC)};
  EXPECT_FALSE(is_open(old));
  EXPECT_TRUE(is_open(target.get()));
}

TEST(UniqueFd, ReleaseGivesTheDescriptorAway) {
  int number = -1;
  {
    shm::UniqueFd fd{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    number = fd.release();
  }
  EXPECT_TRUE(is_open(number));
  ::close(number);
}

TEST(Mapping, UnmapsWhatItOwns) {
  EXPECT_THAT(subject([] {
                void* page = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                { const shm::Mapping mapping{page, 4096}; }
                unsigned char resident = 0;
                return ::mincore(page, 4096, &resident) == -1 && errno == ENOMEM;  // nothing is mapped there
              }),
              Returns(true));
}

TEST(Mapping, MovesItsRangeOnce) {
  void* page = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  shm::Mapping from{page, 4096};
  const shm::Mapping to{std::move(from)};
  EXPECT_FALSE(from);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(from.size(), 0U);
  EXPECT_EQ(to.data(), page);
  EXPECT_EQ(to.bytes().size(), 4096U);
}

TEST(Mapping, ReportsWhyItCouldNotMap) { EXPECT_THROW((void)shm::Mapping::shared(-1, 4096), std::system_error); }

TEST(Deadline, PassesAndThenNothingIsLeft) {
  EXPECT_TRUE(Deadline::after(0s).passed());
  EXPECT_EQ(Deadline::after(-5s).remaining(), 0s);
  EXPECT_EQ(Deadline::after(-5s).remaining_ms(), 0);
  EXPECT_FALSE(Deadline::after(1h).passed());
}

TEST(Deadline, IsAnAbsoluteMonotonicTime) {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto then = Deadline::after(100s).as_timespec();
  EXPECT_GE(then.tv_sec, now.tv_sec + 100);
  EXPECT_LE(then.tv_sec, now.tv_sec + 110);
  EXPECT_LT(then.tv_nsec, 1'000'000'000);
}

TEST(Child, EndsWithWhatItsBodyReturned) {
  auto child = Child::run([] { return 7; });
  EXPECT_EQ(child.wait(Deadline::after(10s)), (ChildStatus{.exited = true, .code = 7}));
  EXPECT_EQ(child.wait(Deadline::after(10s)), (ChildStatus{.exited = true, .code = 7})) << "again";
}

TEST(Child, ThatThrowsExitsWith125) {
  auto child = Child::run([]() -> int { throw std::runtime_error{"no"}; });
  EXPECT_EQ(child.wait(Deadline::after(10s)), (ChildStatus{.exited = true, .code = 125}));
}

TEST(Child, WaitGivesUpAtItsDeadline) {
  auto child = Child::run([] { return ::pause(); });
  EXPECT_EQ(child.wait(Deadline::after(20ms)), std::nullopt);
}

TEST(Child, KillEndsIt) {
  auto child = Child::run([] { return ::pause(); });
  child.kill();
  EXPECT_EQ(child.wait(Deadline::after(0s)), (ChildStatus{.exited = false, .code = SIGKILL}));
}

TEST(Child, DoesNotOutliveItsOwner) {
  pid_t pid = -1;
  {
    const auto child = Child::run([] { return ::pause(); });
    pid = child.pid();
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(Child, DoesNotOutliveItsParent) {
  judge::Shared<std::atomic<pid_t>> grandchild;
  judge::Rendezvous running;
  auto parent = Child::run([&] {
    const auto child = Child::run([&] {
      running.arrive();
      return ::pause();
    });
    grandchild->store(child.pid());
    running.await(1);  // before that, it would leave by itself when it finds its parent gone
    ::raise(SIGKILL);  // no destructor runs
    return 0;
  });
  ASSERT_TRUE(parent.wait(Deadline::after(10s)));
  // Its end reaches this process, a subreaper, as that of an orphan.
  int status = 0;
  EXPECT_EQ(::waitpid(grandchild->load(), &status, 0), grandchild->load());
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

}  // namespace
