#include "process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include "interrupt.hpp"
#include "process_tree.hpp"
#include "shm/error.hpp"

namespace grading {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kLook{100};               // how often memory and time are looked at
constexpr std::chrono::milliseconds kGrace{3000};             // for one that ends gently
constexpr std::size_t kLongestRecord = std::size_t{4} << 20;  // what is longer is cut
constexpr int kRecordFd = 3;

struct Pipe {
  shm::UniqueFd read, write;
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) == -1) shm::throw_error(errno, "pipe2");
    read.reset(ends[0]);
    write.reset(ends[1]);
    ::fcntl(read.get(), F_SETFL, O_NONBLOCK);
  }
};

std::vector<std::string> environment_of(const ProcessSpec& spec) {
  std::vector<std::string> result;
  const auto replaced = [&](std::string_view entry) {
    return std::ranges::any_of(spec.environment, [&](const auto& variable) {
      return entry.starts_with(variable.first) && entry.substr(variable.first.size()).starts_with('=');
    });
  };
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!replaced(*entry)) result.emplace_back(*entry);
  }
  for (const auto& [name, value] : spec.environment) {
    if (!value.empty()) result.push_back(name + "=" + value);
  }
  if (spec.records) result.push_back("RECORD_FD=" + std::to_string(kRecordFd));
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

class Run {
 public:
  Run(const ProcessSpec& spec, const std::function<void(std::string_view)>& on_record)
      : spec_{spec}, on_record_{on_record} {
    if (!spec.log.empty()) {
      fs::create_directories(spec.log.parent_path());
      log_.open(spec.log, std::ios::binary | std::ios::app);
    }
    start();
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() { end_descendants(); }

  ProcessEnd to_the_end() {
    std::optional<End> cut_short;
    while (!cut_short && !has_ended()) cut_short = look();
    if (cut_short && spec_.gentle) ask_to_end();
    ProcessEnd end = status();
    if (cut_short) end.how = *cut_short;
    // Only now can nobody write any more.
    end_descendants();
    drain(output_.read, [&](std::string_view text) { take_output(text); });
    drain(records_.read, [&](std::string_view text) { take_records(text); });
    end.seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    end.peak_bytes = peak_;
    return end;
  }

 private:
  void start() {
    std::vector<std::string> arguments = spec_.argv;
    std::vector<std::string> variables = environment_of(spec_);
    const std::vector<char*> argv = pointers(arguments);
    const std::vector<char*> envp = pointers(variables);
    Pipe failure;
    pid_ = ::fork();
    if (pid_ == -1) shm::throw_error(errno, "fork");
    if (pid_ == 0) become(argv, envp, failure.write.get());
    pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    output_.write.reset();
    records_.write.reset();
    failure.write.reset();
    ::fcntl(failure.read.get(), F_SETFL, 0);
    int error = 0;
    if (::read(failure.read.get(), &error, sizeof error) == sizeof error) {
      ::waitpid(pid_, nullptr, 0);
      shm::throw_error(error, "exec", spec_.argv.front());
    }
  }

  // The new process: async-signal-safe calls only.
  [[noreturn]] void become(const std::vector<char*>& argv, const std::vector<char*>& envp, int failure) const {
    ::setsid();  // a session of its own: nothing in it can join a process group of ours
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    restore_default_signals();
    if (spec_.cpu_limit.count() > 0) {
      const auto seconds = static_cast<rlim_t>(spec_.cpu_limit.count());
      const rlimit limit{.rlim_cur = seconds, .rlim_max = seconds + 5};
      ::setrlimit(RLIMIT_CPU, &limit);
    }
    const rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    const int null = ::open("/dev/null", O_RDONLY);
    // Out of the way of the numbers that get a meaning now.
    const int records = ::fcntl(records_write(), F_DUPFD_CLOEXEC, 10);
    const int output = ::fcntl(output_.write.get(), F_DUPFD_CLOEXEC, 10);
    const int report = ::fcntl(failure, F_DUPFD_CLOEXEC, 10);
    ::dup2(null, 0);
    ::dup2(output, 1);
    ::dup2(output, 2);
    if (spec_.records) ::dup2(records, kRecordFd);
    ::syscall(SYS_close_range, spec_.records ? kRecordFd + 1 : 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */);
    if (spec_.directory.empty() || ::chdir(spec_.directory.c_str()) == 0) ::execvpe(argv[0], argv.data(), envp.data());
    const int error = errno;
    [[maybe_unused]] const auto told = ::write(report, &error, sizeof error);
    ::_exit(127);
  }

  [[nodiscard]] int records_write() const { return records_.write.get(); }

  [[nodiscard]] bool has_ended() const {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid != 0;
  }

  std::optional<End> look() {
    std::array<pollfd, 4> watched{{{.fd = pidfd_.get(), .events = POLLIN, .revents = 0},
                                   {.fd = output_.read.get(), .events = POLLIN, .revents = 0},
                                   {.fd = records_.read.get(), .events = POLLIN, .revents = 0},
                                   {.fd = cancel_fd(), .events = POLLIN, .revents = 0}}};
    ::poll(watched.data(), watched.size(), static_cast<int>(kLook.count()));
    if (watched[3].revents != 0) {
      if (spec_.gentle) ask_to_end();
      throw_interrupted();
    }
    if (watched[1].revents != 0) drain(output_.read, [&](std::string_view text) { take_output(text); });
    if (watched[2].revents != 0) drain(records_.read, [&](std::string_view text) { take_records(text); });
    if (printed_ > spec_.output_limit) return End::kTooMuchOutput;
    const auto now = Clock::now();
    if (now - started_ > spec_.time_limit) return End::kTimedOut;
    if (now - looked_ < kLook) return std::nullopt;
    looked_ = now;
    const std::vector<pid_t> family = descendants();
    if (family.size() > spec_.process_limit) return End::kTooManyProcesses;
    peak_ = std::max(peak_, resident_bytes(family, spec_.memory_limit));
    if (peak_ > spec_.memory_limit) return End::kOutOfMemory;
    return std::nullopt;
  }

  void ask_to_end() {
    ::kill(-pid_, SIGTERM);  // its own group; not yet reaped, so the number is still its
    pollfd ended{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    ::poll(&ended, 1, static_cast<int>(kGrace.count()));
  }

  // Of the process itself, ended by us if need be.
  ProcessEnd status() const {
    if (!has_ended()) ::kill(pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) == -1 && errno == EINTR) {
    }
    if (WIFEXITED(status)) return {.how = End::kExited, .code = WEXITSTATUS(status)};
    return {.how = End::kSignalled, .code = WTERMSIG(status)};
  }

  template <typename Take>
  void drain(shm::UniqueFd& fd, Take take) {
    std::array<char, 65536> buffer{};
    // Bounded, so that one that prints without end cannot keep us from looking at the clock.
    for (int round = 0; fd && round < 64; ++round) {
      const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
      if (got == 0) fd.reset();
      if (got <= 0) return;
      take(std::string_view{buffer.data(), static_cast<std::size_t>(got)});
    }
  }

  void take_output(std::string_view text) {
    const std::size_t room = spec_.log_limit - std::min(spec_.log_limit, printed_);
    if (room > 0) log_ << text.substr(0, room) << std::flush;
    if (room > 0 && text.size() > room) log_ << "\n[the rest was left out]\n" << std::flush;
    printed_ += text.size();
  }

  void take_records(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      if (line_.size() < kLongestRecord) line_ += text.substr(0, end);
      if (end == std::string_view::npos) return;
      text.remove_prefix(end + 1);
      if (on_record_) on_record_(line_);
      line_.clear();
    }
  }

  const ProcessSpec& spec_;
  const std::function<void(std::string_view)>& on_record_;
  Clock::time_point started_ = Clock::now();
  Clock::time_point looked_ = started_;
  Pipe output_, records_;
  std::ofstream log_;
  pid_t pid_ = -1;
  shm::UniqueFd pidfd_;
  std::size_t printed_ = 0;
  std::size_t peak_ = 0;
  std::string line_;
};

}  // namespace

std::string ProcessEnd::sentence() const {
  switch (how) {
    case End::kExited:
      return fmt::format("exit status {}", code);
    case End::kSignalled:
      return fmt::format("killed by signal {} ({})", code, ::strsignal(code));
    case End::kTimedOut:
      return fmt::format("took longer than {:.0f} s and was ended", seconds);
    case End::kOutOfMemory:
      return fmt::format("used {} MiB of memory and was ended", peak_bytes >> 20);
    case End::kTooManyProcesses:
      return "started processes without end and was ended";
    case End::kTooMuchOutput:
      return "printed without end and was ended";
  }
  return {};
}

ProcessEnd run_process(const ProcessSpec& spec, const std::function<void(std::string_view)>& on_record) {
  adopt_orphans();
  return Run{spec, on_record}.to_the_end();
}

}  // namespace grading
