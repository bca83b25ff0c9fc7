#include "testing/watched.hpp"

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

void Watched::kill() const {
  if (const pid_t process = pid_->load(); process > 0) ::kill(process, SIGKILL);
}

}  // namespace judge
