#include "support.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>

#include "shm/error.hpp"
#include "shm/unique_fd.hpp"

namespace lab05 {
namespace {

constexpr std::size_t kSize = 64 * 1024;

// The letter of proc_pid_stat(5): S sleeps.
char state_of(pid_t process) {
  std::ifstream file{"/proc/" + std::to_string(process) + "/stat"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto end = text.rfind(')');
  return end == text.npos || end + 2 >= text.size() ? '?' : text[end + 2];
}

// Looks again and again, since nobody tells; not by a gated call.
template <typename Condition>
void look_until(Condition condition) {
  const auto deadline = shm::Deadline::after(judge::patience(std::chrono::seconds{5}));
  while (!condition() && !deadline.passed()) {
    const timespec moment{.tv_sec = 0, .tv_nsec = 200'000};
    ::clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, nullptr);
  }
}

}  // namespace

SharedMemory::SharedMemory() {
  const shm::UniqueFd fd{::shm_open(name_.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600)};
  if (!fd) shm::throw_error(errno, "shm_open", name_.str());
  if (::ftruncate(fd.get(), static_cast<off_t>(kSize)) == -1) shm::throw_error(errno, "ftruncate", name_.str());
}

shm::Mapping SharedMemory::map() const {
  const shm::UniqueFd fd{::shm_open(name_.c_str(), O_RDWR, 0)};
  if (!fd) shm::throw_error(errno, "shm_open", name_.str());
  return shm::Mapping::shared(fd.get(), kSize);
}

judge::Outcome<judge::Unit> make_queue(const SharedMemory& memory, std::size_t capacity) {
  return judge::subject([&] {
    const auto mapping = memory.map();
    static_cast<void>(lab::create(mapping.bytes(), capacity, sizeof(Item)));
  });
}

namespace {

// Memory of a size that differs from process to process: what is mapped next lies elsewhere.
shm::Mapping some_pages() {
  const std::size_t size = (static_cast<std::size_t>(::getpid()) % 61 + 1) * 4096;
  void* at = ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) shm::throw_error(errno, "mmap");
  return {at, size};
}

}  // namespace

Peer::Peer(const SharedMemory& memory)
    : displacement{some_pages()}, mapping{memory.map()}, queue{lab::attach(mapping.bytes(), sizeof(Item))} {}

void Watched::await_sleep() const {
  look_until([&] {
    const pid_t process = pid_->load(std::memory_order_acquire);
    return process != 0 && state_of(process) == 'S';
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

}  // namespace lab05
