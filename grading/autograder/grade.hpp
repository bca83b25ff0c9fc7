#pragma once

#include <string>
#include <vector>

#include "course.hpp"
#include "pipeline.hpp"
#include "report.hpp"
#include "stage.hpp"

namespace grading {

/// What `autograder grade` was asked for; empty: all labs, all checkers, a fresh seed.
struct GradeOptions {
  std::string submission = "labs";
  std::string lab;
  std::vector<std::string> checkers;
  std::string results = "build/results";
  std::string seed;
  int jobs = 2;
};

/// What `stage` and `grade` share: a submission that was opened (in a process of its own) and put where make finds it.
struct StagedSubmission {
  Stage stage;
  std::vector<LabReport> labs;  ///< with status and message where a lab was not handed in or refused
  std::vector<std::string> notes;

  [[nodiscard]] bool is_staged(std::size_t lab) const {
    return labs[lab].status != LabStatus::kNotSubmitted && labs[lab].status != LabStatus::kRefused;
  }
};

/// @throws CannotGrade, Interrupted
[[nodiscard]] StagedSubmission stage_submission(const Course& course, const std::vector<Rubric>& labs,
                                                const std::string& submission);

/// Grades a submission from beginning to end. @throws UsageError, CannotGrade, Interrupted
[[nodiscard]] Report grade(const Course& course, const GradeOptions& options);

/// Says on a terminal's last line what is being done, and wipes it away at the end; says nothing elsewhere.
class Progress {
 public:
  Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();
  void say(const std::string& what) const;

 private:
  bool on_;
};

/// 64 random bits in decimal: the seed of a run for which none was given.
[[nodiscard]] std::string fresh_seed();

/// A folder for logs that no other grader uses, until the lock is dropped.
struct ResultsFolder {
  fs::path path;
  FileLock lock;
};
/// `wish`, or a place beside it when another grader is using it. @throws CannotGrade when it cannot be made
[[nodiscard]] ResultsFolder claim_results(const Course& course, const std::string& wish);

}  // namespace grading
