#include <fmt/format.h>
#include <fnmatch.h>
#include <sys/resource.h>

#include <algorithm>
#include <map>
#include <memory>

#include "build.hpp"
#include "errors.hpp"
#include "grade.hpp"
#include "kill_matrix.hpp"
#include "mutant.hpp"
#include "process.hpp"
#include "submission.hpp"
#include "text.hpp"
#include "worker.hpp"

namespace grading {
namespace {

// Removes a folder at the end, however that comes.
struct Scratch {
  fs::path path;
  explicit Scratch(fs::path folder) : path{std::move(folder)} {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code error;
    fs::remove_all(path, error);
  }
};

// The mutants of one lab: made ready, judged among those of all labs, then told.
class LabsMutants {
 public:
  LabsMutants(const Course& course, const Rubric& rubric, const MutantOptions& options, Progress& progress)
      : course_{course},
        rubric_{rubric},
        options_{options},
        progress_{progress},
        matrix_{rubric.lab, mutants_of(course, rubric), {}} {
    std::erase_if(matrix_.mutants, [&](const Mutant& mutant) {
      return !options.only.empty() && ::fnmatch(options.only.c_str(), mutant.name.c_str(), 0) != 0;
    });
    matrix_.fates.resize(matrix_.mutants.size());
  }

  // Adds those that can be tried.
  void make_ready(std::vector<Candidate>& candidates) {
    if (matrix_.mutants.empty()) return;
    build_what_they_share();
    put_all();
    for (std::size_t i = 0; i < matrix_.mutants.size(); ++i) {
      if (!matrix_.fates[i].broken.empty()) continue;
      candidates.push_back(candidate(i));
      tried_.push_back(i);
    }
  }

  using Reports = std::vector<LabReport>::iterator;

  // The reports on what make_ready() has added; returns where those of the next lab begin.
  Reports take(Reports report) {
    for (const std::size_t i : tried_) take(matrix_.fates[i], matrix_.mutants[i], std::move(*report++));
    return report;
  }

  void print() const {
    if (matrix_.mutants.empty()) return;
    matrix_.print();
    if (options_.whole) matrix_.print_idle_tests(rubric_);
  }

  Tally tally() const { return matrix_.tally(); }

 private:
  // The test objects, once and alone; after that the mutants' builds cannot get into each other's way.
  void build_what_they_share() {
    progress_.say("building what the mutants of " + rubric_.lab + " share");
    const BuildRequest request{.implementation = "solutions",
                               .key = "solutions",
                               .rest = {},
                               .checkers = matrix_.checkers(),
                               .log = results() / "solutions.log",
                               .jobs = options_.jobs};
    fs::remove_all(results());
    const auto built = decoded_build(run_apart([&] { return encoded(build_suites(course_, rubric_, request)); }));
    if (built.state != BuildResult::State::kBuilt) {
      throw CannotGrade{"the solutions do not build:\n  " + joined(built.errors, "\n  ")};
    }
  }

  fs::path results() const { return course_.build() / "results" / "mutants" / rubric_.lab; }

  // In a worker: the solution's files with the patch over them. What the patch leaves alone need not be compiled again,
  // unless it changes a header.
  std::string put(const Mutant& mutant, const Stage& stage) const {
    const Scratch scratch{course_.stage(stage.key()) / ".patched"};
    const fs::path lab = scratch.path / rubric_.lab;
    fs::create_directories(lab);
    for (const std::string& file : rubric_.files)
      fs::copy_file(course_.root() / "solutions" / rubric_.lab / file, lab / file);
    const fs::path log = results() / (mutant.name + ".patch.log");
    fs::remove(log);
    const ProcessEnd end =
        run_process({.argv = {"patch", "-p1", "-s", "-F0", "--no-backup-if-mismatch", "-i", mutant.patch.string()},
                     .directory = scratch.path,
                     .environment = {},
                     .log = log});
    if (!end.succeeded()) return "the patch does not apply: " + one_line(harmless(read_head(log, 2000)));
    const auto untouched = [&](const std::string& file) {
      return read_head(lab / file, kFileLimit) ==
             read_head(course_.root() / "solutions" / rubric_.lab / file, kFileLimit);
    };
    const auto is_source = [](const std::string& file) { return file.ends_with(".cpp"); };
    const bool same_headers =
        std::ranges::all_of(rubric_.files, [&](const std::string& file) { return is_source(file) || untouched(file); });
    std::map<std::string, std::string> files;
    for (const std::string& file : rubric_.files) {
      if (same_headers && is_source(file) && untouched(file)) continue;
      files[file] = read_head(lab / file, kFileLimit);
    }
    stage.put(rubric_.lab, files);
    return "";
  }

  void put_all() {
    std::vector<Task> tasks;
    for (const Mutant& mutant : matrix_.mutants) stages_.emplace_back(course_, "m-" + rubric_.lab + "-" + mutant.name);
    for (std::size_t i = 0; i < matrix_.mutants.size(); ++i) {
      matrix_.fates[i].broken = matrix_.mutants[i].problem;
      tasks.emplace_back([this, i] { return put(matrix_.mutants[i], stages_[i]); });
    }
    const auto ends = run_side_by_side(tasks, options_.jobs);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      const std::string problem = ends[i].error.empty() ? ends[i].value : ends[i].error;
      if (matrix_.fates[i].broken.empty()) matrix_.fates[i].broken = problem;
    }
  }

  Candidate candidate(std::size_t index) const {
    const Mutant& mutant = matrix_.mutants[index];
    Candidate candidate{.rubric = &rubric_,
                        .key = stages_[index].key(),
                        .implementation = stages_[index].folder(),
                        .rest = "solutions",
                        .submission = "solutions",
                        .results = results() / mutant.name,
                        .plan = {}};
    for (const std::string& checker : matrix_.checkers()) {
      std::vector<std::string> tests;
      for (const Pair& pair : mutant.caught_by) {
        if (pair.checker == checker) tests.push_back(pair.test);
      }
      if (!tests.empty()) candidate.plan.emplace_back(checker, options_.whole ? rubric_.tests_under(checker) : tests);
    }
    if (mutant.by_compiler) candidate.plan = {{"unit", {}}};
    return candidate;
  }

  static void take(Fate& fate, const Mutant& mutant, LabReport report) {
    fate.compiles = report.errors.empty();
    if (report.status == LabStatus::kCouldNotGrade) fate.broken = report.message;
    if (!mutant.by_compiler && !fate.compiles) fate.broken = "it does not compile: " + report.errors.front();
    for (TestResult& result : report.tests) {
      if (Fate::killed(result)) fate.failed.insert(result.test);
      const auto is_named = [&](const Pair& pair) {
        return pair.checker == result.checker && pair.test == result.test;
      };
      if (std::ranges::any_of(mutant.caught_by, is_named)) fate.results.push_back(std::move(result));
    }
  }

  const Course& course_;
  const Rubric& rubric_;
  const MutantOptions& options_;
  Progress& progress_;
  KillMatrix matrix_;
  std::vector<Stage> stages_;
  std::vector<std::size_t> tried_;  // of the matrix, in the order of the candidates
};

// Each mutant's stage holds a lock, and the usual limit is 1024.
void allow_many_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int run_mutants(const Course& course, const MutantOptions& options) {
  allow_many_open_files();
  const std::vector<Rubric> rubrics = course.labs(options.lab);
  Progress progress;
  std::vector<std::unique_ptr<LabsMutants>> labs;
  std::vector<Candidate> candidates;
  for (const Rubric& rubric : rubrics) {
    labs.push_back(std::make_unique<LabsMutants>(course, rubric, options, progress));
    labs.back()->make_ready(candidates);
  }
  std::vector<LabReport> reports = grade_candidates(
      course, candidates,
      {.jobs = options.jobs, .seed = fresh_seed(), .many_and_small = true, .progress = [&](const std::string& what) {
         progress.say(what);
       }});
  progress.say("");
  auto report = reports.begin();
  std::vector<Tally> tallies;
  Tally sum{.lab = "all labs", .mutants = 0, .survivors = 0, .killed_by = {}};
  for (const auto& lab : labs) {
    report = lab->take(report);
    lab->print();
    tallies.push_back(lab->tally());
    sum.add(tallies.back());
  }
  if (sum.mutants == 0 && !options.only.empty())
    throw UsageError{fmt::format("no mutant is called '{}'", options.only)};
  if (tallies.size() > 1) tallies.push_back(sum);
  print_table(tallies);
  fmt::print("\n{} mutants: {} caught, {} not\n", sum.mutants, sum.mutants - sum.survivors, sum.survivors);
  return sum.survivors == 0 ? 0 : 1;
}

}  // namespace grading
