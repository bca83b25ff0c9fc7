#include "testing/subject.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <set>
#include <sstream>

#include "shm/child.hpp"
#include "shm/deadline.hpp"
#include "shm/error.hpp"
#include "shm/unique_fd.hpp"
#include "testing/belongings.hpp"
#include "testing/board.hpp"
#include "testing/child_side.hpp"
#include "testing/file_text.hpp"
#include "testing/findings.hpp"
#include "testing/seed.hpp"
#include "testing/stacks.hpp"
#include "testing/verdict.hpp"

namespace judge {

std::chrono::milliseconds patience(std::chrono::milliseconds normal) {
  static const double scale = [] {
    const char* given = std::getenv("TIME_SCALE");
    const double value = given == nullptr ? 1.0 : std::atof(given);
    return value > 0 ? value : 1.0;
  }();
  return std::chrono::milliseconds{static_cast<std::int64_t>(static_cast<double>(normal.count()) * scale)};
}

std::uint64_t as_many_as_suits(std::uint64_t plenty) {
  constexpr std::chrono::milliseconds kNormal{1000};
  return plenty * 1000 / static_cast<std::uint64_t>(std::max(patience(kNormal), kNormal).count());
}

namespace detail {
namespace {

constexpr std::size_t kShownOutput = 16 * 1024;
constexpr off_t kMostOutput = off_t{4} << 20;

std::set<pid_t>& living_subjects() {
  static std::set<pid_t> pids;
  return pids;
}

// Makes and wipes the memory that a subject shares with the judge.
class BoardMemory {
 public:
  BoardMemory() {
    void* address =
        ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address == MAP_FAILED) shm::throw_error(errno, "mmap");
    board_ = static_cast<Board*>(address);
  }
  BoardMemory(const BoardMemory&) = delete;
  BoardMemory& operator=(const BoardMemory&) = delete;
  ~BoardMemory() { ::munmap(board_, sizeof(Board)); }
  Board* get() const { return board_; }

 private:
  Board* board_;
};

shm::UniqueFd memory_file(const char* name) {
  shm::UniqueFd fd{::memfd_create(name, MFD_CLOEXEC)};
  if (!fd) shm::throw_error(errno, "memfd_create");
  return fd;
}

off_t size_of(int fd) { return ::lseek(fd, 0, SEEK_END); }

// Of this suite, so far.
int timeouts = 0;

std::chrono::milliseconds time_for(const Terms& terms) {
  constexpr std::chrono::milliseconds kOnceItHangs{2'000};
  return patience(timeouts < 2 ? terms.deadline : std::min(terms.deadline, kOnceItHangs));
}

}  // namespace

class Running {
 public:
  Running(const Terms& terms, const std::function<std::string()>& body)
      : terms_{terms}, deadline_{shm::Deadline::after(time_for(terms))} {
    secret_ = std::random_device{}() * std::uint64_t{0x9e3779b97f4a7c15U};
    Assignment assignment{.board = board_.get(),
                          .secret = secret_,
                          // Up to 1 GiB apart, in steps of 2 MiB: huge pages keep their alignment.
                          .address_noise = random_between(1, 512) * (std::uint64_t{2} << 20),
                          .output_fd = output_.get(),
                          .finding_fd = finding_.get(),
                          .out_of_reach = {living_subjects().begin(), living_subjects().end()},
                          .body = &body};
    assignment.out_of_reach.push_back(::getpid());
    if (::getppid() > 1) assignment.out_of_reach.push_back(::getppid());
    child_ = shm::Child::run([&assignment]() -> int { live(assignment); });
    pid_ = child_->pid();
    ::setpgid(pid_, pid_);  // both sides do, so that neither has to wait for the other
    living_subjects().insert(pid_);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    if (concluded_) return;
    end();
    notes().any_outcome_unseen = true;
  }

  Ending conclude(std::string& bytes) {
    concluded_ = true;
    Ending ending;
    bool flooded = false;
    const bool in_time = await_end(flooded);
    ending.finding = valgrind_report_on(pid_);
    if (!in_time) {
      ++timeouts;
      ending.stacks = where_it_stands();
    }
    const auto status = end();
    ending.finding += text_of(finding_.get(), std::size_t{1} << 20);
    ending.output = text_of(output_.get(), kShownOutput);
    judge_by(ending, status, in_time);
    if (flooded) ending.what = "printed more than 4 MiB";
    if (ending.kind == Kind::kReturned) {
      bytes.assign(reinterpret_cast<const char*>(board_.get()->value), board_.get()->value_size);
    }
    return ending;
  }

 private:
  std::string where_it_stands() {
    if (under_valgrind()) {
      // From outside one sees valgrind's own stack only: let the program say it, through the handler for crashes.
      ::kill(pid_, SIGABRT);
      (void)child_->wait(shm::Deadline::after(std::chrono::seconds{5}));
      return crash_stack(*board_.get());
    }
    std::string stacks = stacks_of(pid_);
    for (const pid_t process : descendants(pid_)) stacks += stacks_of(process);
    return stacks;
  }

  // False when its time is up (or it floods the output) before it has ended.
  bool await_end(bool& flooded) {
    do {
      // Looks up now and then, for output is to be stopped before the deadline.
      const auto moment =
          std::min<shm::Deadline::Clock::duration>(deadline_.remaining(), std::chrono::milliseconds{100});
      if (child_->wait(shm::Deadline::after(moment))) return true;
      flooded = size_of(output_.get()) > kMostOutput;
    } while (!flooded && !deadline_.passed());
    return false;
  }

  // Ends it if it has not ended, with all that it started.
  shm::ChildStatus end() {
    child_->kill();
    living_subjects().erase(pid_);
    strays_ = end_stray_processes(living_subjects().empty() ? 0 : pid_);
    return *child_->wait(shm::Deadline::after({}));
  }

  void judge_by(Ending& ending, shm::ChildStatus status, bool in_time) const {
    const Board& board = *board_.get();
    const bool sealed = board.seal.load(std::memory_order_acquire) == seal_of(board, secret_);
    ending.leaks = strays_;
    if (was_not_started(board, token_from(secret_))) {
      ending.kind = Kind::kNotStarted;
      ending.step.assign(board.step, ::strnlen(board.step, sizeof board.step));
    } else if (!ending.finding.empty() || (status.exited && is_sanitizer_exit(status.code))) {
      ending.kind = Kind::kSanitizer;
      // UBSan has a runtime of its own, which can't be told where to report.
      if (ending.finding.empty()) ending.finding = ending.output;
    } else if (!in_time) {
      ending.kind = Kind::kTimedOut;
    } else if (!status.exited) {
      ending.kind = Kind::kSignal;
      ending.signal = status.code;
      ending.stacks = crash_stack(board);
    } else if (status.code != 0 || board.seal.load() == 0) {
      ending.kind = Kind::kExited;
      ending.exit_code = status.code;
    } else if (!sealed) {
      ending.kind = Kind::kDamaged;
    } else {
      judge_by_result(ending, board);
    }
  }

  static void judge_by_result(Ending& ending, const Board& board) {
    std::istringstream leaks{board.leaks};
    for (std::string line; std::getline(leaks, line);) ending.leaks.push_back(line);
    ending.kind = board.end == Board::kThrew ? Kind::kThrew : Kind::kReturned;
    if (ending.kind == Kind::kThrew) {
      ending.exception_type = board.exception_type;
      ending.what = board.what;
      ending.error = board.error;
    }
    if (!ending.leaks.empty()) ending.kind = Kind::kLeaked;
  }

  Terms terms_;
  shm::Deadline deadline_;
  BoardMemory board_;
  shm::UniqueFd output_ = memory_file("output");
  shm::UniqueFd finding_ = memory_file("finding");
  std::uint64_t secret_ = 0;
  std::optional<shm::Child> child_;
  pid_t pid_ = -1;
  bool concluded_ = false;
  std::vector<std::string> strays_;
};

std::shared_ptr<Running> launch(const Terms& terms, const std::function<std::string()>& body) {
  return std::make_shared<Running>(terms, body);
}

Ending conclude(Running& running, std::string& bytes) { return running.conclude(bytes); }

void note_ending(const Ending& ending) { notes().endings.push_back(ending); }

TestNotes& notes() {
  static TestNotes current;
  return current;
}

std::vector<std::string> end_stray_processes(pid_t of) {
  std::vector<std::string> ended;
  // The judge is a subreaper: whoever lost its parent has become a child of the judge. Killing one may bring its own
  // children here, so until none is left.
  for (bool found = true; found;) {
    found = false;
    for (const pid_t child : children(::getpid())) {
      if (living_subjects().contains(child) || (of != 0 && ::getpgid(child) != of)) continue;
      const std::string name = process_name(child);
      const bool alive = ::waitpid(child, nullptr, WNOHANG) == 0;
      if (alive) {
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        ended.push_back("process " + std::to_string(child) + " (" + name + ") still running");
      }
      found = true;
    }
  }
  return ended;
}

}  // namespace detail
}  // namespace judge
