#include "soak.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <map>
#include <thread>

#include "build.hpp"
#include "errors.hpp"
#include "grade.hpp"
#include "paint.hpp"
#include "shm/error.hpp"
#include "suite_run.hpp"
#include "text.hpp"
#include "worker.hpp"

namespace grading {
namespace {

// Keeps every core busy while it lives.
class Load {
 public:
  Load() {
    const pid_t parent = ::getpid();
    for (unsigned core = 0; core < std::max(1U, std::thread::hardware_concurrency()); ++core) {
      const pid_t pid = ::fork();
      if (pid == -1) shm::throw_error(errno, "fork");
      if (pid == 0) burn(parent);
      burners_.push_back(pid);
    }
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() {
    for (const pid_t pid : burners_) ::kill(pid, SIGKILL);
    for (const pid_t pid : burners_) ::waitpid(pid, nullptr, 0);
  }

 private:
  [[noreturn]] static void burn(pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(0);
    for (std::atomic<unsigned long> turns{0};;) turns.fetch_add(1, std::memory_order_relaxed);
  }

  std::vector<pid_t> burners_;
};

// The verdicts of one test: how often each, and in which run it was first seen.
using Verdicts = std::map<std::string, std::pair<int, int>>;

class Soak {
 public:
  Soak(const Course& course, const Rubric& rubric, const SoakOptions& options, const StagedSubmission& staged,
       std::string checker)
      : course_{course}, rubric_{rubric}, options_{options}, staged_{staged}, checker_{std::move(checker)} {}

  // How many tests did not always end alike.
  int all() {
    build();
    fs::remove_all(folder());
    std::vector<Task> tasks;
    for (int run = 0; run < options_.runs; ++run) {
      tasks.emplace_back([this, run] {
        return encoded(run_suite(course_, rubric_,
                                 {.checker = checker_,
                                  .key = staged_.stage.key(),
                                  .tests = rubric_.tests_under(checker_),
                                  .results = folder_of(run),
                                  .seed = fresh_seed()}));
      });
    }
    std::size_t done = 0;
    std::vector<TaskEnd> ends;
    {
      const Load load;
      ends = run_side_by_side(tasks, options_.jobs, [&](std::size_t) {
        progress_.say(fmt::format("{} under {}: run {} of {}", rubric_.lab, checker_, ++done, options_.runs));
      });
    }
    progress_.say("");
    for (int run = 0; run < options_.runs; ++run) take(run, ends[static_cast<std::size_t>(run)]);
    return print();
  }

 private:
  fs::path folder() const { return course_.build() / "results" / "soak" / rubric_.lab / checker_; }
  fs::path folder_of(int run) const { return folder() / fmt::format("run-{}", run + 1); }

  void build() {
    progress_.say("building " + rubric_.lab);
    const BuildRequest request{.implementation = staged_.stage.folder(),
                               .key = staged_.stage.key(),
                               .rest = {},
                               .checkers = {checker_},
                               .log = folder().parent_path() / "build.log",
                               .jobs = options_.jobs};
    const auto built = decoded_build(run_apart([&] { return encoded(build_suites(course_, rubric_, request)); }));
    if (built.state != BuildResult::State::kBuilt)
      throw CannotGrade{"it does not build:\n  " + joined(built.errors, "\n  ")};
  }

  void take(int run, const TaskEnd& end) {
    if (!end.error.empty()) throw CannotGrade{end.error};
    const auto result = decoded_suite(end.value);
    if (!result.our_fault.empty()) throw CannotGrade{result.our_fault};
    bool odd = false;
    for (const TestResult& test : result.tests) {
      auto& [count, first] = tally_[test.test].try_emplace(words(test.outcome), 0, run).first->second;
      ++count;
      odd = odd || (test.outcome != Outcome::kPassed && run > 0);
    }
    if (!odd) fs::remove_all(folder_of(run));
  }

  int print() const {
    const Paint paint{wants_colour()};
    int bad = 0;
    for (const auto& [test, verdicts] : tally_) {
      if (verdicts.size() == 1) continue;
      ++bad;
      fmt::print("  {} {} under {}:\n", paint.bad("✗"), test, checker_);
      for (const auto& [verdict, seen] : verdicts) {
        fmt::print("      {} in {} of {} runs, first in run {} ({})\n", verdict, seen.first, options_.runs,
                   seen.second + 1, folder_of(seen.second).lexically_relative(course_.root()).string());
      }
    }
    if (bad == 0) {
      fmt::print("  {} {} under {}: {} tests, {} runs under load, no different verdict\n", paint.good("✓"), rubric_.lab,
                 checker_, tally_.size(), options_.runs);
    }
    std::fflush(stdout);
    return bad;
  }

  const Course& course_;
  const Rubric& rubric_;
  const SoakOptions& options_;
  const StagedSubmission& staged_;
  std::string checker_;
  Progress progress_;
  std::map<std::string, Verdicts> tally_;
};

}  // namespace

int run_soak(const Course& course, const SoakOptions& options) {
  const std::vector<Rubric> rubrics = course.labs(options.lab);
  const std::vector<std::string> checkers = course.checkers(options.checkers);
  const StagedSubmission staged = stage_submission(course, rubrics, options.submission);
  int bad = 0;
  for (std::size_t i = 0; i < rubrics.size(); ++i) {
    if (!staged.is_staged(i)) throw CannotGrade{staged.labs[i].message};
    for (const std::string& checker : checkers) {
      if (rubrics[i].tests_under(checker).empty()) continue;
      bad += Soak{course, rubrics[i], options, staged, checker}.all();
    }
  }
  return bad == 0 ? 0 : 1;
}

}  // namespace grading
