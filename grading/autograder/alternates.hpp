#pragma once

#include <string>

#include "course.hpp"

namespace grading {

/// Grades every right but unusual submission, grading/alternates/<lab>/<name>/, under all checkers.
/// @return 0 when each has full marks, else 1
int run_alternates(const Course& course, const std::string& lab, int jobs);

}  // namespace grading
