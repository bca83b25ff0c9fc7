#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "course.hpp"
#include "report.hpp"

namespace grading {

/// One lab of one submission, staged: what goes through make, the suites and the rubric.
struct Candidate {
  const Rubric* rubric = nullptr;
  std::string key;             ///< make's KEY
  std::string implementation;  ///< make's IMPL, from the course's folder
  std::string rest;            ///< make's REST: whose the files are that the submission has not; empty: nobody's
  std::string submission;      ///< how the reader calls it, for the commands that the report suggests
  fs::path results;            ///< logs go to <results>/<checker>/
  std::vector<std::pair<std::string, std::vector<std::string>>> plan;  ///< checker, tests to run
};

/// Every test that the rubric names for the checkers.
[[nodiscard]] std::vector<std::pair<std::string, std::vector<std::string>>> full_plan(
    const Rubric& rubric, const std::vector<std::string>& checkers);

/// How candidates are graded.
struct PipelineTerms {
  int jobs = 2;  ///< suites side by side
  std::string seed;
  /// Many candidates, each with few tests to run: they are built side by side (what they share must have been built),
  /// and twice as many suites run as there are jobs, for most of them wait for a deadline to pass.
  bool many_and_small = false;
  std::function<void(const std::string&)> progress = [](const std::string&) {};
};

/// Builds the candidates' suites, runs them side by side and applies the rubric; the reports come in the candidates'
/// order.
/// @throws Interrupted after all processes are gone
[[nodiscard]] std::vector<LabReport> grade_candidates(const Course& course, const std::vector<Candidate>& candidates,
                                                      const PipelineTerms& terms);

}  // namespace grading
