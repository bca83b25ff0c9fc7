#pragma once

#include <string>
#include <vector>

#include "course.hpp"

namespace grading {

/// What `autograder soak` was asked for.
struct SoakOptions {
  std::string submission = "solutions";
  std::string lab;
  std::vector<std::string> checkers;
  int runs = 200;
  int jobs = 2;
};

/// Runs the suites again and again, every core kept busy by others, each run with a seed of its own; prints every test
/// whose verdict was not the same in all runs, and keeps the logs of the runs that differed.
/// @return 0 when all verdicts agree, else 1
int run_soak(const Course& course, const SoakOptions& options);

}  // namespace grading
