#include "testing/watched.hpp"

#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "shm/deadline.hpp"
#include "testing/subject.hpp"

namespace judge {
namespace {

// The letter of proc_pid_stat(5): S sleeps, Z has ended.
char state_of(pid_t process) {
  std::ifstream file{"/proc/" + std::to_string(process) + "/stat"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto end = text.rfind(')');
  return end == std::string::npos || end + 2 >= text.size() ? '?' : text[end + 2];
}

// What a process expects to find in the futex that it waits for: the call's third argument. 0 if it does not.
std::uint64_t awaited_in_futex(pid_t process) {
  std::ifstream file{"/proc/" + std::to_string(process) + "/syscall"};
  long call = 0;
  std::uint64_t word = 0;
  std::uint64_t operation = 0;
  std::uint64_t expected = 0;
  file >> call >> std::hex >> word >> operation >> expected;
  return file && call == SYS_futex ? expected : 0;
}

// By the bare call: the function is a gate, which a test may have closed.
template <typename Condition>
void look_until(Condition condition) {
  const auto deadline = shm::Deadline::after(patience(std::chrono::seconds{5}));
  while (!condition() && !deadline.passed()) {
    const timespec moment{.tv_sec = 0, .tv_nsec = 200'000};
    ::syscall(SYS_nanosleep, &moment, nullptr);
  }
}

}  // namespace

void Watched::await_sleep() const {
  look_until([&] {
    const pid_t process = pid_->load(std::memory_order_acquire);
    const char state = process == 0 ? '?' : state_of(process);
    return state == 'S' || state == 'Z';
  });
}

std::uint64_t Watched::sleeps() const {
  std::ifstream file{"/proc/" + std::to_string(pid_->load()) + "/status"};
  for (std::string line; std::getline(file, line);) {
    std::istringstream words{line};
    std::string name;
    std::uint64_t number = 0;
    if (words >> name >> number && name == "voluntary_ctxt_switches:") return number;
  }
  return 0;
}

void Watched::await_sleep_after(std::uint64_t sleeps) const {
  look_until([&] { return this->sleeps() > sleeps && state_of(pid_->load()) == 'S'; });
}

void Watched::await_lock_of(const Watched& owner) const {
  look_until([&] {
    return (awaited_in_futex(pid_->load()) & FUTEX_TID_MASK) == static_cast<std::uint64_t>(owner.pid_->load());
  });
}

void Watched::kill() const {
  if (const pid_t process = pid_->load(); process > 0) ::kill(process, SIGKILL);
}

}  // namespace judge
