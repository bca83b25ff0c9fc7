#include "shm/child.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <utility>

#include "shm/error.hpp"

namespace shm {
namespace {

constexpr int kThrew = 125;

[[noreturn]] void become(pid_t parent, const std::function<int()>& body) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before prctl: then nobody will ever kill us.
  if (::getppid() != parent) ::_exit(kThrew);
  int code = kThrew;
  try {
    code = body();
  } catch (...) {
    code = kThrew;
  }
  std::fflush(nullptr);
  ::_exit(code);
}

std::optional<ChildStatus> reap(pid_t pid) {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG) == -1) {
    if (errno != EINTR) throw_error(errno, "waitid");
  }
  if (info.si_pid == 0) return std::nullopt;
  return ChildStatus{.exited = info.si_code == CLD_EXITED, .code = info.si_status};
}

// Returns early without harm: whoever calls looks again.
void sleep_until_it_may_have_ended(int pidfd, Deadline deadline) {
  if (pidfd >= 0) {
    pollfd ended{.fd = pidfd, .events = POLLIN, .revents = 0};
    if (::poll(&ended, 1, deadline.remaining_ms()) == -1 && errno != EINTR) throw_error(errno, "poll");
    return;
  }
  const timespec moment{.tv_sec = 0, .tv_nsec = 1'000'000};
  ::nanosleep(&moment, nullptr);
}

}  // namespace

Child Child::run(const std::function<int()>& body) {
  std::fflush(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == -1) throw_error(errno, "fork");
  if (pid == 0) become(parent, body);
  // May fail, as it does under valgrind 3.19, which doesn't know the call: then wait() looks every millisecond.
  return Child{pid, UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))}};
}

Child::Child(Child&& other) noexcept
    : pid_{std::exchange(other.pid_, -1)}, pidfd_{std::move(other.pidfd_)}, status_{other.status_} {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    kill();
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::move(other.pidfd_);
    status_ = other.status_;
  }
  return *this;
}

Child::~Child() { kill(); }

std::optional<ChildStatus> Child::wait(Deadline deadline) {
  while (!status_ && pid_ != -1) {
    status_ = reap(pid_);
    if (status_ || deadline.passed()) break;
    sleep_until_it_may_have_ended(pidfd_.get(), deadline);
  }
  return status_;
}

void Child::kill() noexcept {
  if (pid_ == -1 || status_) return;
  // Not yet reaped, so the pid still is this child's and nobody else's.
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) == -1 && errno == EINTR) {
  }
  status_ = WIFEXITED(status) ? ChildStatus{.exited = true, .code = WEXITSTATUS(status)}
                              : ChildStatus{.exited = false, .code = WTERMSIG(status)};
}

}  // namespace shm
