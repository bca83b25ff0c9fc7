#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "files.hpp"

namespace grading {

/// A numbered part of a lab.
struct Step {
  int number = 0;
  std::string title;
};

/// What one test is worth under each checker that runs it.
struct RubricTest {
  std::string name;  ///< GoogleTest's full name
  int step = 0;
  std::vector<std::pair<std::string, int>> points;  ///< checker, points

  [[nodiscard]] int points_under(const std::string& checker) const;
  [[nodiscard]] bool runs_under(const std::string& checker) const;
};

/// How a lab is graded: grading/rubrics/NN-topic.toml.
struct Rubric {
  std::string lab;
  std::string title;
  std::vector<std::string> files;          ///< the editable ones, plain names
  std::chrono::seconds suite_seconds{60};  ///< for the whole suite under unit
  std::size_t memory_mib = 2048;           ///< resident, of the suite with all its processes
  std::vector<Step> steps;
  std::vector<RubricTest> tests;

  [[nodiscard]] bool is_editable(const std::string& file) const;
  /// Those that a test of it names, in the course's order.
  [[nodiscard]] std::vector<std::string> checkers() const;
  [[nodiscard]] std::vector<std::string> tests_under(const std::string& checker) const;
  [[nodiscard]] int step_of(const std::string& test) const;
};

/// @throws CannotGrade naming the file, the line where known, and what is wrong with it
[[nodiscard]] Rubric load_rubric(const fs::path& file);

/// Sorted as the course lists them: unit, tsan, asan, memcheck, count, then any other by name; each once.
void sort_checkers(std::vector<std::string>& checkers);

}  // namespace grading
