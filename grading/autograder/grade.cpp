#include "grade.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>

#include "errors.hpp"
#include "submission.hpp"
#include "text.hpp"
#include "worker.hpp"

namespace grading {
namespace {

// Opened in a process of its own: what reads hostile archives must not be able to take the grader with it.
std::string open_and_put(const Course& course, const std::vector<Rubric>& labs, const fs::path& path,
                         const Stage& stage) {
  Submission submission = open_submission(course, labs, path);
  nlohmann::json answer{{"notes", submission.notes}, {"labs", nlohmann::json::array()}};
  for (const HandedIn& lab : submission.labs) {
    if (lab.state == HandedIn::State::kComplete) stage.put(lab.lab, lab.files);
    answer["labs"].push_back({{"state", static_cast<int>(lab.state)}, {"problem", lab.problem}, {"notes", lab.notes}});
  }
  return answer.dump();
}

std::string identity_of(const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::canonical(path, error);
  return error ? path.string() : whole.string();
}

LabReport not_graded(const Rubric& rubric, const nlohmann::json& lab) {
  LabReport report;
  report.lab = rubric.lab;
  report.title = rubric.title;
  report.notes = lab["notes"].get<std::vector<std::string>>();
  report.message = lab["problem"].get<std::string>();
  const auto state = static_cast<HandedIn::State>(lab["state"].get<int>());
  if (state == HandedIn::State::kAbsent) report.status = LabStatus::kNotSubmitted;
  if (state == HandedIn::State::kRefused) report.status = LabStatus::kRefused;
  return report;
}

// What could have been earned, also by a lab that was not graded.
void add_maximum(LabReport& report, const Rubric& rubric, const std::vector<std::string>& checkers) {
  for (const auto& [checker, tests] : full_plan(rubric, checkers)) {
    for (const RubricTest& test : rubric.tests) report.max_score += test.points_under(checker);
  }
}

}  // namespace

StagedSubmission stage_submission(const Course& course, const std::vector<Rubric>& labs,
                                  const std::string& submission) {
  const fs::path path{submission};
  StagedSubmission staged{.stage = Stage::of_submission(course, identity_of(path)), .labs = {}, .notes = {}};
  const nlohmann::json answer =
      nlohmann::json::parse(run_apart([&] { return open_and_put(course, labs, path, staged.stage); }));
  staged.notes = answer["notes"].get<std::vector<std::string>>();
  for (std::size_t i = 0; i < labs.size(); ++i) staged.labs.push_back(not_graded(labs[i], answer["labs"][i]));
  return staged;
}

Report grade(const Course& course, const GradeOptions& options) {
  const auto started = std::chrono::steady_clock::now();
  const std::vector<Rubric> labs = course.labs(options.lab);
  Report report;
  report.submission = shortened(harmless(options.submission), 500);
  report.checkers = course.checkers(options.checkers);
  report.all_checkers = report.checkers == course.checkers({});
  report.seed = options.seed.empty() ? fresh_seed() : options.seed;

  const Progress progress;
  const ResultsFolder results = claim_results(course, options.results);
  StagedSubmission staged = stage_submission(course, labs, options.submission);
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < labs.size(); ++i) {
    fs::remove_all(results.path / labs[i].lab);
    if (!staged.is_staged(i)) continue;
    candidates.push_back({.rubric = &labs[i],
                          .key = staged.stage.key(),
                          .implementation = staged.stage.folder(),
                          .rest = {},
                          .submission = report.submission,
                          .results = results.path / labs[i].lab,
                          .plan = full_plan(labs[i], report.checkers)});
  }
  std::vector<LabReport> graded = grade_candidates(
      course, candidates,
      {.jobs = options.jobs, .seed = report.seed, .many_and_small = false, .progress = [&](const std::string& what) {
         progress.say(what);
       }});

  report.notes = staged.notes;
  auto next = graded.begin();
  for (std::size_t i = 0; i < labs.size(); ++i) {
    LabReport lab = staged.labs[i];
    if (staged.is_staged(i)) {
      lab = std::move(*next++);
      lab.notes = staged.labs[i].notes;
    } else {
      add_maximum(lab, labs[i], report.checkers);
    }
    report.score += lab.score;
    report.max_score += lab.max_score;
    report.labs.push_back(std::move(lab));
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return report;
}

Progress::Progress() : on_{::isatty(STDERR_FILENO) == 1} {}

Progress::~Progress() { say(""); }

void Progress::say(const std::string& what) const {
  if (on_) fmt::print(stderr, "\r\x1b[2K{}", what.empty() ? "" : "  " + what + " …");
  std::fflush(stderr);
}

std::string fresh_seed() {
  std::random_device device;
  return std::to_string(std::uniform_int_distribution<std::uint64_t>{}(device));
}

ResultsFolder claim_results(const Course& course, const std::string& wish) {
  const fs::path path = course.root() / wish;
  if (auto lock = FileLock::attempt(path / ".lock")) return {path, std::move(*lock)};
  const fs::path other = path.string() + fmt::format("-{}", ::getpid());
  if (auto lock = FileLock::attempt(other / ".lock")) return {other, std::move(*lock)};
  throw CannotGrade{path.string() + " and its neighbours are in use"};
}

}  // namespace grading
