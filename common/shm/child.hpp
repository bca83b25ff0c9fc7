#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>

#include "shm/deadline.hpp"
#include "shm/unique_fd.hpp"

namespace shm {

/// How a child process ended.
struct ChildStatus {
  bool exited = false;  ///< true: by exit, `code` is its status; false: by a signal, `code` is its number
  int code = 0;
  friend bool operator==(const ChildStatus&, const ChildStatus&) = default;
};

/// A forked child process that cannot outlive its owner: it is killed and reaped on destruction, and by the
/// kernel should the parent die first. Movable, not copyable; used from one thread at a time.
/// @see fork(2), pidfd_open(2), prctl(2) PR_SET_PDEATHSIG
class Child {
 public:
  /// Forks; the child runs `body` and leaves through _exit with its value, or with 125 when it threw.
  /// Nothing buffered is written twice: stdio is flushed before the fork.
  /// @throws std::system_error when fork fails
  [[nodiscard]] static Child run(const std::function<int()>& body);

  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  /// The process id; stays reserved until wait() has returned a status, so it cannot name another process.
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  /// Waits until it has ended or the deadline has passed; nothing then. Once it has ended, says so again and again.
  [[nodiscard]] std::optional<ChildStatus> wait(Deadline deadline);

  /// Sends SIGKILL and reaps. Harmless once it has ended.
  void kill() noexcept;

 private:
  Child(pid_t pid, UniqueFd pidfd) noexcept : pid_{pid}, pidfd_{std::move(pidfd)} {}

  pid_t pid_ = -1;
  UniqueFd pidfd_;
  std::optional<ChildStatus> status_;
};

}  // namespace shm
