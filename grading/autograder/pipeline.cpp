#include "pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "build.hpp"
#include "suite_run.hpp"
#include "worker.hpp"

namespace grading {
namespace {

std::vector<std::string> checkers_of(const Candidate& candidate) {
  std::vector<std::string> checkers;
  for (const auto& [checker, tests] : candidate.plan) checkers.push_back(checker);
  return checkers;
}

class Pipeline {
 public:
  Pipeline(const Course& course, const std::vector<Candidate>& candidates, const PipelineTerms& terms)
      : course_{course}, candidates_{candidates}, terms_{terms}, reports_(candidates.size()) {}

  std::vector<LabReport> all() {
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      reports_[i].lab = candidates_[i].rubric->lab;
      reports_[i].title = candidates_[i].rubric->title;
    }
    build_all();
    run_all();
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      apply_rubric(reports_[i], *candidates_[i].rubric, candidates_[i].submission);
    }
    return std::move(reports_);
  }

 private:
  struct Turn {
    std::size_t candidate;
    const std::string* checker;
    const std::vector<std::string>* tests;
  };

  void build_all() {
    std::vector<Task> tasks;
    for (const Candidate& candidate : candidates_) {
      tasks.emplace_back([this, &candidate] {
        const BuildRequest request{.implementation = candidate.implementation,
                                   .key = candidate.key,
                                   .rest = candidate.rest,
                                   .checkers = checkers_of(candidate),
                                   .log = candidate.results / "build.log",
                                   .jobs = terms_.many_and_small ? 1 : terms_.jobs,
                                   .alone = !terms_.many_and_small};
        fs::remove_all(candidate.results);
        return encoded(build_suites(course_, *candidate.rubric, request));
      });
    }
    if (!candidates_.empty()) terms_.progress("building " + candidates_.front().rubric->lab);
    std::size_t done = 0;
    const auto ends = run_side_by_side(tasks, terms_.many_and_small ? terms_.jobs : 1, [&](std::size_t) {
      ++done;
      if (done < candidates_.size()) {
        terms_.progress(
            fmt::format("building {} ({}/{})", candidates_[done].rubric->lab, done + 1, candidates_.size()));
      }
    });
    for (std::size_t i = 0; i < ends.size(); ++i) take_build(i, ends[i]);
  }

  void take_build(std::size_t index, const TaskEnd& end) {
    LabReport& report = reports_[index];
    if (!end.error.empty()) return blame_us(index, "the build could not be run: " + end.error);
    const auto built = decoded_build(end.value);
    report.warnings = built.warnings;
    switch (built.state) {
      case BuildResult::State::kBuilt:
        return;
      case BuildResult::State::kDoesNotCompile:
        report.errors = built.errors;
        report.message = "does not compile: " + built.errors.front();
        return add_all(index, Outcome::kDoesNotCompile, "");
      case BuildResult::State::kOurFault:
        return blame_us(index, fmt::format("{}", fmt::join(built.errors, "\n")));
    }
  }

  // No test ran, and the submission is not to blame.
  void blame_us(std::size_t index, const std::string& why) {
    reports_[index].status = LabStatus::kCouldNotGrade;
    reports_[index].message = why;
    add_all(index, Outcome::kNotRun, "not run");
  }

  void add_all(std::size_t index, Outcome outcome, const std::string& happened) {
    const Candidate& candidate = candidates_[index];
    for (const auto& [checker, tests] : candidate.plan) {
      for (const std::string& test : tests) {
        TestResult result;
        result.test = test;
        result.checker = checker;
        result.outcome = outcome;
        result.happened = happened;
        add(index, std::move(result));
      }
    }
  }

  void add(std::size_t index, TestResult result) {
    const auto& rubric = *candidates_[index].rubric;
    const auto test = std::ranges::find(rubric.tests, result.test, &RubricTest::name);
    if (test != rubric.tests.end()) {
      result.step = test->step;
      result.max_score = test->points_under(result.checker);
    }
    reports_[index].seconds += result.seconds;
    reports_[index].tests.push_back(std::move(result));
  }

  // The slowest checkers first, so that no core is left with one of them at the end.
  std::vector<Turn> turns() const {
    std::vector<Turn> all;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      if (!reports_[i].tests.empty()) continue;  // settled: it was not built
      for (const auto& [checker, tests] : candidates_[i].plan) all.push_back({i, &checker, &tests});
    }
    std::ranges::stable_sort(all, std::ranges::greater{}, [](const Turn& turn) { return slowdown(*turn.checker); });
    return all;
  }

  void run_all() {
    const std::vector<Turn> turns = this->turns();
    std::vector<Task> tasks;
    for (const Turn& turn : turns) {
      tasks.emplace_back([this, turn] {
        const Candidate& candidate = candidates_[turn.candidate];
        const SuiteRequest request{.checker = *turn.checker,
                                   .key = candidate.key,
                                   .tests = *turn.tests,
                                   .results = candidate.results / *turn.checker,
                                   .seed = terms_.seed};
        return encoded(run_suite(course_, *candidate.rubric, request));
      });
    }
    std::size_t done = 0;
    const auto tell = [&] { terms_.progress(fmt::format("testing ({}/{})", done, turns.size())); };
    tell();
    const auto ends = run_side_by_side(tasks, terms_.many_and_small ? 2 * terms_.jobs : terms_.jobs, [&](std::size_t) {
      ++done;
      tell();
    });
    for (std::size_t i = 0; i < ends.size(); ++i) take_run(turns[i], ends[i]);
    for (std::size_t i = 0; i < candidates_.size(); ++i) sort_tests(i);
  }

  void take_run(const Turn& turn, const TaskEnd& end) {
    SuiteResult run;
    if (end.error.empty()) run = decoded_suite(end.value);
    if (!end.error.empty()) {
      run.our_fault = end.error;
      for (const std::string& test : *turn.tests) {
        run.tests.emplace_back();
        run.tests.back().test = test;
        run.tests.back().checker = *turn.checker;
      }
    }
    for (TestResult& result : run.tests) add(turn.candidate, std::move(result));
    if (run.our_fault.empty()) return;
    LabReport& report = reports_[turn.candidate];
    report.status = LabStatus::kCouldNotGrade;
    report.message += (report.message.empty() ? "" : "\n") + *turn.checker + ": " + run.our_fault;
  }

  // By checker in the course's order, then as the rubric lists them; runs end in any order.
  void sort_tests(std::size_t index) {
    const Candidate& candidate = candidates_[index];
    const auto rank = [&](const TestResult& result) {
      const auto checker =
          std::ranges::find(candidate.plan, result.checker, [](const auto& part) { return part.first; });
      const auto test = std::ranges::find(candidate.rubric->tests, result.test, &RubricTest::name);
      return std::pair{checker - candidate.plan.begin(), test - candidate.rubric->tests.begin()};
    };
    std::ranges::stable_sort(reports_[index].tests, {}, rank);
  }

  const Course& course_;
  const std::vector<Candidate>& candidates_;
  const PipelineTerms& terms_;
  std::vector<LabReport> reports_;
};

}  // namespace

std::vector<std::pair<std::string, std::vector<std::string>>> full_plan(const Rubric& rubric,
                                                                        const std::vector<std::string>& checkers) {
  std::vector<std::pair<std::string, std::vector<std::string>>> plan;
  for (const std::string& checker : checkers) {
    std::vector<std::string> tests = rubric.tests_under(checker);
    if (!tests.empty()) plan.emplace_back(checker, std::move(tests));
  }
  return plan;
}

std::vector<LabReport> grade_candidates(const Course& course, const std::vector<Candidate>& candidates,
                                        const PipelineTerms& terms) {
  return Pipeline{course, candidates, terms}.all();
}

}  // namespace grading
