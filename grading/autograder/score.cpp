#include <fmt/format.h>

#include <algorithm>

#include "report.hpp"

namespace grading {
namespace {

bool all_are(const LabReport& lab, Outcome outcome) {
  return !lab.tests.empty() &&
         std::ranges::all_of(lab.tests, [&](const auto& test) { return test.outcome == outcome; });
}

std::vector<const TestResult*> results_of(const LabReport& lab, int step) {
  std::vector<const TestResult*> results;
  for (const TestResult& result : lab.tests) {
    if (result.step == step) results.push_back(&result);
  }
  return results;
}

StepResult judge_step(const LabReport& lab, const Rubric& rubric, const Step& step) {
  StepResult judged{.number = step.number, .title = step.title};
  const auto results = results_of(lab, step.number);
  for (const TestResult* result : results) {
    judged.score += result->score;
    judged.max_score += result->max_score;
  }
  for (const RubricTest& test : rubric.tests) {
    const auto is_its = [&](const TestResult* result) { return result->test == test.name; };
    if (test.step != step.number || std::ranges::none_of(results, is_its)) continue;
    ++judged.tests;
    judged.tests_passed += std::ranges::all_of(
        results, [&](const TestResult* result) { return !is_its(result) || result->outcome == Outcome::kPassed; });
  }
  judged.not_started = !results.empty() && std::ranges::all_of(results, [](const TestResult* result) {
    return result->outcome == Outcome::kNotStarted;
  });
  return judged;
}

LabStatus judge_lab(const LabReport& lab) {
  if (!lab.errors.empty()) return LabStatus::kDoesNotCompile;
  if (all_are(lab, Outcome::kPassed)) return LabStatus::kFullMarks;
  if (all_are(lab, Outcome::kNotStarted)) return LabStatus::kNotStarted;
  return LabStatus::kGraded;
}

bool was_graded(LabStatus status) {
  return status != LabStatus::kNotSubmitted && status != LabStatus::kRefused && status != LabStatus::kCouldNotGrade;
}

// To be pasted into a shell.
std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+,:@";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string word = "'";
  for (const char one : text) word += one == '\'' ? "'\\''" : std::string{one};
  return word + "'";
}

NextStep next_step(const LabReport& lab, const std::string& submission) {
  const std::string number = lab.lab.substr(0, lab.lab.find('-'));
  const std::string where = submission == "labs" ? "" : " SUBMISSION=" + shell_word(submission);
  if (lab.status == LabStatus::kDoesNotCompile) {
    return {.step = -1,
            .title = "make it compile",
            .test = {},
            .command = fmt::format("make check LAB={}{}", number, where),
            .handout = {}};
  }
  const auto step =
      std::ranges::find_if(lab.steps, [](const auto& judged) { return judged.tests_passed < judged.tests; });
  if (step == lab.steps.end()) return {};
  NextStep next{.step = step->number,
                .title = step->title,
                .test = {},
                .command = {},
                .handout = fmt::format("labs/{}/README.md, step {}", lab.lab, step->number)};
  const auto failing = std::ranges::find_if(lab.tests, [&](const TestResult& result) {
    return result.step == step->number && result.outcome != Outcome::kPassed;
  });
  if (failing == lab.tests.end()) return next;
  next.test = failing->test;
  // `make check` runs unit unless told otherwise.
  const bool elsewhere = failing->checker != "unit";
  next.command = fmt::format("make check LAB={} TEST={}{}{}", number, failing->test,
                             elsewhere ? " CHECKER=" + failing->checker : "", where);
  return next;
}

}  // namespace

std::string words(Outcome outcome) {
  if (outcome == Outcome::kSanitizer) return "sanitizer finding";
  std::string text = name_of(outcome);
  std::ranges::replace(text, '_', ' ');
  return text;
}

std::string words(LabStatus status) {
  std::string text = name_of(status);
  std::ranges::replace(text, '_', ' ');
  return text;
}

bool Report::worked() const {
  return std::ranges::any_of(labs, [](const LabReport& lab) { return was_graded(lab.status); }) &&
         std::ranges::none_of(labs, [](const LabReport& lab) { return lab.status == LabStatus::kCouldNotGrade; });
}

void apply_rubric(LabReport& lab, const Rubric& rubric, const std::string& submission) {
  for (TestResult& result : lab.tests) result.score = result.outcome == Outcome::kPassed ? result.max_score : 0;
  lab.steps.clear();
  for (const Step& step : rubric.steps) lab.steps.push_back(judge_step(lab, rubric, step));
  lab.score = lab.max_score = 0;
  for (const StepResult& step : lab.steps) {
    lab.score += step.score;
    lab.max_score += step.max_score;
  }
  if (was_graded(lab.status)) {
    lab.status = judge_lab(lab);
    lab.next = next_step(lab, submission);
  }
}

}  // namespace grading
