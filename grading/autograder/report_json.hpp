#pragma once

#include <nlohmann/json.hpp>

#include "report.hpp"

/// How a report becomes JSON and, on its way from a worker process, is read again.
namespace grading {

NLOHMANN_JSON_SERIALIZE_ENUM(Outcome, {{Outcome::kNotRun, "not_run"},
                                       {Outcome::kPassed, "passed"},
                                       {Outcome::kFailed, "failed"},
                                       {Outcome::kNotStarted, "not_started"},
                                       {Outcome::kDoesNotCompile, "does_not_compile"},
                                       {Outcome::kCrashed, "crashed"},
                                       {Outcome::kTimedOut, "timed_out"},
                                       {Outcome::kLeaked, "leaked"},
                                       {Outcome::kSanitizer, "sanitizer"}})

NLOHMANN_JSON_SERIALIZE_ENUM(LabStatus, {{LabStatus::kCouldNotGrade, "could_not_grade"},
                                         {LabStatus::kFullMarks, "full_marks"},
                                         {LabStatus::kGraded, "graded"},
                                         {LabStatus::kNotStarted, "not_started"},
                                         {LabStatus::kDoesNotCompile, "does_not_compile"},
                                         {LabStatus::kNotSubmitted, "not_submitted"},
                                         {LabStatus::kRefused, "refused"}})

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TestResult, test, checker, step, outcome, score, max_score, seconds, why, expected,
                                   happened, message, findings, story, output, seed, log)

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(StepResult, number, title, score, max_score, tests, tests_passed, not_started)

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(NextStep, step, title, test, command, handout)

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LabReport, lab, title, status, message, score, max_score, seconds, notes, errors,
                                   warnings, steps, tests, next)

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Report, version, submission, seed, checkers, all_checkers, score, max_score, seconds,
                                   notes, labs)

}  // namespace grading
