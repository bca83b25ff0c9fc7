#include "worker.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>

#include "errors.hpp"
#include "interrupt.hpp"
#include "process_tree.hpp"
#include "shm/deadline.hpp"
#include "shm/error.hpp"
#include "shm/unique_fd.hpp"

namespace grading {
namespace {

constexpr std::chrono::seconds kPatience{15};  // for a worker to end its processes when it was called off

// The first byte says what the rest is; an answer without its last byte was cut off.
constexpr char kValue = 'v';
constexpr char kError = 'e';
constexpr char kEnd = '.';

std::string answer_of(const Task& task) {
  try {
    return kValue + task() + kEnd;
  } catch (const Interrupted&) {
    ::_exit(1);
  } catch (const std::exception& error) {
    return std::string{kError} + error.what() + kEnd;
  }
}

[[noreturn]] void work(const Task& task, int lifeline, int result) {
  ::setsid();  // the terminal's Ctrl-C is for the main process
  // Fixed places for ours; everything else, above all the other workers' lifelines, is closed, or none would ever end.
  const int life = ::fcntl(lifeline, F_DUPFD_CLOEXEC, 200);
  const int out = ::fcntl(result, F_DUPFD_CLOEXEC, 200);
  ::dup3(life, 3, O_CLOEXEC);
  ::dup3(out, 4, O_CLOEXEC);
  ::syscall(SYS_close_range, 5U, ~0U, 0U);
  set_cancel_fd(3);
  adopt_orphans();
  const std::string answer = answer_of(task);
  std::size_t done = 0;
  while (done < answer.size()) {
    const ssize_t wrote = ::write(4, answer.data() + done, answer.size() - done);
    if (wrote == -1 && errno != EINTR) break;
    if (wrote > 0) done += static_cast<std::size_t>(wrote);
  }
  end_descendants();
  ::_exit(0);
}

/// A worker process: destroyed, it is called off and waited for.
class Worker {
 public:
  Worker(const Task& task, std::size_t index) : index_{index} {
    std::array<int, 2> life{};
    std::array<int, 2> result{};
    if (::pipe2(life.data(), O_CLOEXEC) == -1) shm::throw_error(errno, "pipe2");
    const shm::UniqueFd life_read{life[0]};
    lifeline_.reset(life[1]);
    if (::pipe2(result.data(), O_CLOEXEC) == -1) shm::throw_error(errno, "pipe2");
    result_.reset(result[0]);
    const shm::UniqueFd result_write{result[1]};
    std::fflush(nullptr);
    pid_ = ::fork();
    if (pid_ == -1) shm::throw_error(errno, "fork");
    if (pid_ == 0) work(task, life_read.get(), result_write.get());
    pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    call_off();
    if (pid_ == -1) return;
    const auto deadline = shm::Deadline::after(kPatience);
    pollfd ended{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    while (::poll(&ended, 1, deadline.remaining_ms()) == -1 && errno == EINTR) {
    }
    if (ended.revents == 0) ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) == -1 && errno == EINTR) {
    }
  }

  void call_off() { lifeline_.reset(); }
  [[nodiscard]] int result_fd() const { return result_.get(); }
  [[nodiscard]] std::size_t index() const { return index_; }

  // Reads what is there; true once the worker has said all.
  bool read_on() {
    std::array<char, 65536> buffer{};
    const ssize_t got = ::read(result_.get(), buffer.data(), buffer.size());
    if (got > 0) answer_.append(buffer.data(), static_cast<std::size_t>(got));
    return got == 0 || (got == -1 && errno != EINTR);
  }

  TaskEnd end() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) == -1 && errno == EINTR) {
    }
    pid_ = -1;
    if (answer_.size() >= 2 && answer_.back() == kEnd) {
      const std::string rest = answer_.substr(1, answer_.size() - 2);
      return answer_.front() == kValue ? TaskEnd{rest, {}} : TaskEnd{{}, rest};
    }
    if (WIFSIGNALED(status)) {
      return {{}, std::string{"a part of the grader was killed: "} + ::strsignal(WTERMSIG(status))};
    }
    return {{}, "a part of the grader ended early"};
  }

 private:
  std::size_t index_;
  shm::UniqueFd lifeline_, result_, pidfd_;
  pid_t pid_ = -1;
  std::string answer_;
};

}  // namespace

std::vector<TaskEnd> run_side_by_side(const std::vector<Task>& tasks, int jobs,
                                      const std::function<void(std::size_t)>& done) {
  adopt_orphans();
  std::vector<TaskEnd> ends(tasks.size());
  std::vector<std::unique_ptr<Worker>> workers;
  std::size_t next = 0;
  while (next < tasks.size() || !workers.empty()) {
    while (next < tasks.size() && workers.size() < static_cast<std::size_t>(std::max(jobs, 1))) {
      workers.push_back(std::make_unique<Worker>(tasks[next], next));
      ++next;
    }
    std::vector<pollfd> watched{{.fd = cancel_fd(), .events = POLLIN, .revents = 0}};
    for (const auto& worker : workers) watched.push_back({.fd = worker->result_fd(), .events = POLLIN, .revents = 0});
    if (::poll(watched.data(), watched.size(), -1) == -1) continue;
    if (watched[0].revents != 0) {
      for (const auto& worker : workers) worker->call_off();  // all at once; each is waited for when it is destroyed
      workers.clear();
      throw_interrupted();
    }
    for (std::size_t i = workers.size(); i-- > 0;) {
      if (watched[i + 1].revents == 0 || !workers[i]->read_on()) continue;
      const std::size_t index = workers[i]->index();
      ends[index] = workers[i]->end();
      workers.erase(workers.begin() + static_cast<std::ptrdiff_t>(i));
      if (done) done(index);
    }
  }
  return ends;
}

std::string run_apart(const Task& task) {
  TaskEnd end = run_side_by_side({task}, 1).front();
  if (!end.error.empty()) throw CannotGrade{end.error};
  return std::move(end.value);
}

}  // namespace grading
