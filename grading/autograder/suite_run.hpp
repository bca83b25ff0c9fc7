#pragma once

#include <string>
#include <vector>

#include "course.hpp"
#include "report.hpp"

namespace grading {

/// One suite under one checker.
struct SuiteRequest {
  std::string checker;
  std::string key;
  std::vector<std::string> tests;  ///< those to run, by GoogleTest's full names
  fs::path results;                ///< takes suite.log and a log for each test that did not pass
  std::string seed;
};

/// What came back for each test asked for.
struct SuiteResult {
  std::vector<TestResult> tests;
  std::string our_fault;  ///< why some test could not be run although the submission is not to blame; else empty
};

/// For the way from a worker to the grader.
[[nodiscard]] std::string encoded(const SuiteResult& result);
[[nodiscard]] SuiteResult decoded_suite(const std::string& text);

/// Runs it to its end. Should the suite itself die or hang, the test that ran is to blame, and the others are run by a
/// further process. Run it in a worker. @throws Interrupted
[[nodiscard]] SuiteResult run_suite(const Course& course, const Rubric& rubric, const SuiteRequest& request);

/// How much longer than under `unit` a suite may take.
[[nodiscard]] int slowdown(const std::string& checker);

}  // namespace grading
