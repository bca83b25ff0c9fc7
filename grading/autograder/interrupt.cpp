#include "interrupt.hpp"

#include <poll.h>
#include <sys/signalfd.h>

#include <cerrno>
#include <initializer_list>

#include "shm/error.hpp"

namespace grading {
namespace {

constexpr std::initializer_list<int> kSignals = {SIGINT, SIGTERM, SIGHUP};
int watched_fd = -1;

}  // namespace

InterruptGuard::InterruptGuard() {
  sigset_t set{};
  ::sigemptyset(&set);
  for (const int signal : kSignals) ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, &before_);
  signals_ = shm::UniqueFd{::signalfd(-1, &set, SFD_CLOEXEC)};
  if (!signals_) shm::throw_error(errno, "signalfd");
  watched_fd = signals_.get();
}

InterruptGuard::~InterruptGuard() {
  watched_fd = -1;
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

int cancel_fd() noexcept { return watched_fd; }

void set_cancel_fd(int fd) noexcept { watched_fd = fd; }

void throw_interrupted() {
  signalfd_siginfo info{};
  // A lifeline gives nothing to read: then the main process is gone, as if by SIGTERM.
  const ssize_t got = ::read(watched_fd, &info, sizeof info);
  throw Interrupted{got == sizeof info ? static_cast<int>(info.ssi_signo) : SIGTERM};
}

void pause_or_cancel(std::chrono::milliseconds time) {
  pollfd cancel{.fd = watched_fd, .events = POLLIN, .revents = 0};
  if (::poll(&cancel, 1, static_cast<int>(time.count())) == 1) throw_interrupted();
}

void restore_default_signals() noexcept {
  sigset_t none{};
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT}) ::signal(signal, SIG_DFL);
}

}  // namespace grading
