#include <fmt/format.h>
#include <fnmatch.h>
#include <sys/resource.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "build.hpp"
#include "errors.hpp"
#include "grade.hpp"
#include "mutant.hpp"
#include "paint.hpp"
#include "process.hpp"
#include "submission.hpp"
#include "text.hpp"
#include "worker.hpp"

namespace grading {
namespace {

constexpr std::size_t kName = 42;
constexpr std::size_t kColumn = 10;

// What became of one mutant.
struct Fate {
  std::string broken;               // why it could not be tried
  std::vector<TestResult> results;  // one for each pair
  std::set<std::string> failed;     // tests, whether it names them or not
  bool compiles = true;

  [[nodiscard]] static bool killed(const TestResult& result) {
    return result.outcome != Outcome::kPassed && result.outcome != Outcome::kNotRun &&
           result.outcome != Outcome::kNotStarted;
  }
  [[nodiscard]] bool dead(const Mutant& mutant) const {
    if (!broken.empty()) return false;
    if (mutant.by_compiler) return !compiles;
    return !results.empty() && std::ranges::all_of(results, killed);
  }
};

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

// One lab's line of the last table.
struct Tally {
  std::string lab;
  std::size_t mutants = 0;
  std::size_t survivors = 0;  // those that are not caught by each pair that they name
  std::map<std::string, std::size_t> killed_by;

  void add(const Tally& other) {
    mutants += other.mutants;
    survivors += other.survivors;
    for (const auto& [checker, count] : other.killed_by) killed_by[checker] += count;
  }
};

// The mutants of one lab: made ready, judged among those of all labs, then told.
class LabsMutants {
 public:
  LabsMutants(const Course& course, const Rubric& rubric, const MutantOptions& options, Progress& progress)
      : course_{course}, rubric_{rubric}, options_{options}, progress_{progress}, mutants_{mutants_of(course, rubric)} {
    std::erase_if(mutants_, [&](const Mutant& mutant) {
      return !options.only.empty() && ::fnmatch(options.only.c_str(), mutant.name.c_str(), 0) != 0;
    });
    fates_.resize(mutants_.size());
  }

  // Adds those that can be tried.
  void make_ready(std::vector<Candidate>& candidates) {
    if (mutants_.empty()) return;
    build_what_they_share();
    put_all();
    for (std::size_t i = 0; i < mutants_.size(); ++i) {
      if (!fates_[i].broken.empty()) continue;
      candidates.push_back(candidate(i));
      tried_.push_back(i);
    }
  }

  using Reports = std::vector<LabReport>::iterator;

  // The reports on what make_ready() has added; returns where those of the next lab begin.
  Reports take(Reports report) {
    for (const std::size_t i : tried_) take(fates_[i], mutants_[i], std::move(*report++));
    return report;
  }

  void print() const {
    if (mutants_.empty()) return;
    print_matrix();
    if (options_.whole) print_idle_tests();
  }

  Tally tally() const {
    Tally tally{.lab = rubric_.lab, .mutants = mutants_.size(), .survivors = 0, .killed_by = {}};
    for (std::size_t i = 0; i < mutants_.size(); ++i) {
      if (!fates_[i].dead(mutants_[i])) ++tally.survivors;
      if (!fates_[i].broken.empty()) continue;
      if (mutants_[i].by_compiler && !fates_[i].compiles) ++tally.killed_by["compile"];
      std::set<std::string> killers;
      for (const TestResult& result : fates_[i].results) {
        if (Fate::killed(result)) killers.insert(result.checker);
      }
      for (const std::string& checker : killers) ++tally.killed_by[checker];
    }
    return tally;
  }

 private:
  std::vector<std::string> checkers() const {
    std::vector<std::string> all;
    for (const Mutant& mutant : mutants_) {
      for (const Pair& pair : mutant.caught_by) all.push_back(pair.checker);
      if (mutant.by_compiler) all.emplace_back("unit");
    }
    sort_checkers(all);
    return all;
  }

  // The test objects, once and alone; after that the mutants' builds cannot get into each other's way.
  void build_what_they_share() {
    progress_.say("building what the mutants of " + rubric_.lab + " share");
    const BuildRequest request{.implementation = "solutions",
                               .key = "solutions",
                               .rest = {},
                               .checkers = checkers(),
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
    for (const Mutant& mutant : mutants_) stages_.emplace_back(course_, "m-" + rubric_.lab + "-" + mutant.name);
    for (std::size_t i = 0; i < mutants_.size(); ++i) {
      fates_[i].broken = mutants_[i].problem;
      tasks.emplace_back([this, i] { return put(mutants_[i], stages_[i]); });
    }
    const auto ends = run_side_by_side(tasks, options_.jobs);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      const std::string problem = ends[i].error.empty() ? ends[i].value : ends[i].error;
      if (fates_[i].broken.empty()) fates_[i].broken = problem;
    }
  }

  Candidate candidate(std::size_t index) const {
    const Mutant& mutant = mutants_[index];
    Candidate candidate{.rubric = &rubric_,
                        .key = stages_[index].key(),
                        .implementation = stages_[index].folder(),
                        .rest = "solutions",
                        .submission = "solutions",
                        .results = results() / mutant.name,
                        .plan = {}};
    for (const std::string& checker : checkers()) {
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

  // A test that no mutant fails has never been seen failing: it may be one that cannot.
  void print_idle_tests() const {
    std::vector<std::string> idle;
    for (const RubricTest& test : rubric_.tests) {
      if (std::ranges::none_of(fates_, [&](const Fate& fate) { return fate.failed.contains(test.name); }))
        idle.push_back(test.name);
    }
    fmt::print("\n  {} of {} tests are failed by no mutant\n", idle.size(), rubric_.tests.size());
    for (const std::string& test : idle) fmt::print("      {}\n", test);
  }

  std::string cell(const Mutant& mutant, const Fate& fate, const std::string& checker) const {
    const auto named = std::ranges::count(mutant.caught_by, checker, &Pair::checker);
    if (named == 0) return paint_.dim(padded("·", kColumn));
    if (!fate.broken.empty()) return paint_.bad(padded("✗", kColumn));
    const auto killers = std::ranges::count_if(
        fate.results, [&](const TestResult& result) { return result.checker == checker && Fate::killed(result); });
    const std::string text =
        killers == named ? (named == 1 ? "✓" : fmt::format("✓ {}", named)) : fmt::format("✗ {} of {}", killers, named);
    return killers == named ? paint_.good(padded(text, kColumn)) : paint_.bad(padded(text, kColumn));
  }

  void print_matrix() const {
    const std::vector<std::string> columns = checkers();
    std::string head = paint_.bold(padded(rubric_.lab, kName));
    for (const std::string& checker : columns) head += paint_.dim(padded(checker, kColumn));
    fmt::print("\n{}\n", head);
    for (std::size_t i = 0; i < mutants_.size(); ++i) {
      std::string row = padded("  " + mutants_[i].name, kName);
      for (const std::string& checker : columns) row += cell(mutants_[i], fates_[i], checker);
      fmt::print("{}\n", row);
      print_details(mutants_[i], fates_[i]);
    }
  }

  void print_details(const Mutant& mutant, const Fate& fate) const {
    const auto say = [](const std::string& text) {
      for (const std::string& line : wrapped(text, 92)) fmt::print("      {}\n", line);
    };
    for (const std::string& line : wrapped(mutant.misconception, 92)) fmt::print("      {}\n", paint_.dim(line));
    if (!fate.broken.empty()) return say(paint_.bad("broken: ") + fate.broken);
    if (mutant.by_compiler)
      say(fate.compiles ? paint_.bad("survived: it compiles") : paint_.dim("caught by the compiler"));
    for (const TestResult& result : fate.results) {
      const std::string pair = fmt::format("{} {}", result.checker, result.test);
      if (!Fate::killed(result)) {
        say(fmt::format("{} {} ({})", paint_.bad("survived"), pair, words(result.outcome)));
      } else {
        fmt::print("      {}\n", paint_.dim(fmt::format("{}: {}", pair, words(result.outcome))));
      }
    }
  }

  const Course& course_;
  const Rubric& rubric_;
  const MutantOptions& options_;
  Progress& progress_;
  std::vector<Mutant> mutants_;
  std::vector<Fate> fates_;
  std::vector<Stage> stages_;
  std::vector<std::size_t> tried_;  // of mutants_, in the order of the candidates
  Paint paint_{wants_colour()};
};

// How many mutants of each lab each checker has killed; one may die by several.
void print_table(const std::vector<Tally>& tallies) {
  std::vector<std::string> checkers;
  for (const Tally& tally : tallies) {
    for (const auto& [checker, count] : tally.killed_by) checkers.push_back(checker);
  }
  sort_checkers(checkers);
  fmt::print("\n{:<20}{:>9}", "killed by", "mutants");
  for (const std::string& checker : checkers) fmt::print("{:>10}", checker);
  fmt::print("{:>11}\n", "survivors");
  for (const Tally& tally : tallies) {
    fmt::print("{:<20}{:>9}", tally.lab, tally.mutants);
    for (const std::string& checker : checkers) {
      const auto found = tally.killed_by.find(checker);
      fmt::print("{:>10}", found == tally.killed_by.end() ? 0 : found->second);
    }
    fmt::print("{:>11}\n", tally.survivors);
  }
}

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
