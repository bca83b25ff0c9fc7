#pragma once

#include <string>
#include <vector>

#include "rubric.hpp"

/// What grading found, as plain data: the same shape as the JSON report (grading/report.schema.json).
namespace grading {

/// What one test under one checker came to.
enum class Outcome {
  kPassed,
  kFailed,
  kNotStarted,
  kDoesNotCompile,
  kCrashed,
  kTimedOut,
  kLeaked,
  kSanitizer,
  kNotRun,
};

/// What a lab as a whole came to.
enum class LabStatus { kFullMarks, kGraded, kNotStarted, kDoesNotCompile, kNotSubmitted, kRefused, kCouldNotGrade };

/// As in the JSON report: "not_started".
[[nodiscard]] std::string name_of(Outcome outcome);
[[nodiscard]] std::string name_of(LabStatus status);

/// For a reader: "not started".
[[nodiscard]] std::string words(Outcome outcome);
[[nodiscard]] std::string words(LabStatus status);

/// One test under one checker. All texts are harmless and bounded.
struct TestResult {
  std::string test;
  std::string checker;
  int step = 0;
  Outcome outcome = Outcome::kNotRun;
  int score = 0;
  int max_score = 0;
  double seconds = 0;
  std::string why;
  std::string expected;
  std::string happened;
  std::string message;
  std::vector<std::string> findings;  ///< condensed sanitizer reports; where a timed-out test stood
  std::string story;                  ///< of the execution, or the crash, that went wrong; lines of at most 100 columns
  std::string output;
  std::string seed;
  std::string log;  ///< the whole story, a path from the course's folder; empty when it passed
};

/// What a step's tests came to, under all checkers.
struct StepResult {
  int number = 0;
  std::string title;
  int score = 0;
  int max_score = 0;
  int tests = 0;         ///< how many tests it has
  int tests_passed = 0;  ///< under all of their checkers
  bool not_started = false;
};

/// What to do next: the first step that is not full.
struct NextStep {
  int step = -1;  ///< -1: no step, but to make it compile
  std::string title;
  std::string test;
  std::string command;
  std::string handout;
};

/// One lab of a submission.
struct LabReport {
  std::string lab;
  std::string title;
  LabStatus status = LabStatus::kGraded;
  std::string message;  ///< why it was not graded, or that it does not compile
  int score = 0;
  int max_score = 0;
  double seconds = 0;
  std::vector<std::string> notes;
  std::vector<std::string> errors;    ///< the compiler's, at the student's lines
  std::vector<std::string> warnings;  ///< the compiler's
  std::vector<StepResult> steps;
  std::vector<TestResult> tests;
  NextStep next;  ///< no title: nothing to do
};

/// One submission.
struct Report {
  int version = 1;
  std::string submission;
  std::string seed;
  std::vector<std::string> checkers;
  bool all_checkers = true;  ///< false: the points of some checkers are left out, it is not the whole score
  int score = 0;
  int max_score = 0;
  double seconds = 0;
  std::vector<std::string> notes;
  std::vector<LabReport> labs;

  /// Whether at least one lab was graded and nothing of ours went wrong.
  [[nodiscard]] bool worked() const;
};

/// Fills scores, steps, status (unless it is one of not being graded) and what to do next from the tests.
void apply_rubric(LabReport& lab, const Rubric& rubric, const std::string& submission);

/// The report in the forms that other programs read (docs/report.md). @throws std::system_error when the file
/// cannot be written
void write_json(const Report& report, const fs::path& file);
void write_junit(const Report& report, const fs::path& file);

/// The report for a terminal, at most 100 columns wide.
[[nodiscard]] std::string render_terminal(const Report& report, bool colour);

}  // namespace grading
