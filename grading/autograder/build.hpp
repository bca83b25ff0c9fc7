#pragma once

#include <string>
#include <vector>

#include "course.hpp"

namespace grading {

/// What became of a build, and what the compiler said about the student's files.
struct BuildResult {
  enum class State { kBuilt, kDoesNotCompile, kOurFault };
  State state = State::kBuilt;
  std::vector<std::string> errors;    ///< the student's, or what went wrong on our side
  std::vector<std::string> warnings;  ///< of the student's files
};

/// For the way from a worker to the grader, and back. @throws nlohmann::json::exception for what encoded() did not
/// write
[[nodiscard]] std::string encoded(const BuildResult& result);
[[nodiscard]] BuildResult decoded_build(const std::string& text);

/// One lab of one submission, to be built for some checkers.
struct BuildRequest {
  std::string implementation;  ///< make's IMPL, from the course's folder
  std::string key;             ///< make's KEY
  std::string rest;            ///< make's REST: who has the files that are not there; empty: nobody
  std::vector<std::string> checkers;
  fs::path log;       ///< takes make's output
  int jobs = 2;       ///< compilers side by side
  bool alone = true;  ///< no other make of this course may run meanwhile, for shared objects may be built
};

/// Builds the suites of one lab by the course's own Makefile. Run it in a worker: it starts processes.
/// @throws Interrupted
[[nodiscard]] BuildResult build_suites(const Course& course, const Rubric& rubric, const BuildRequest& request);

/// Where make puts a checker's suite.
[[nodiscard]] fs::path suite_of(const Course& course, const std::string& checker, const std::string& key,
                                const std::string& lab);

}  // namespace grading
