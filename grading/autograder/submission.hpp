#pragma once

#include <map>
#include <string>
#include <vector>

#include "bundle.hpp"
#include "course.hpp"

namespace grading {

/// What a submission holds of one lab.
struct HandedIn {
  enum class State { kComplete, kAbsent, kRefused };
  std::string lab;
  State state = State::kAbsent;
  std::string problem;                       ///< when refused or absent: which file, what is wrong, what to do
  std::vector<std::string> notes;            ///< what was ignored
  std::map<std::string, std::string> files;  ///< editable file, content; when complete
};

/// What was handed in, lab by lab.
struct Submission {
  std::vector<HandedIn> labs;  ///< one for each lab asked for, in their order
  std::vector<std::string> notes;
};

/// Reads a folder or archive that is shaped like labs/, or holds one lab's editable files; possibly inside one more
/// folder. Only editable files are taken, from where the lab has its place; of a lab's files, one that is missing is
/// replaced by its skeleton, with a note.
/// @throws CannotGrade when it is no submission at all
[[nodiscard]] Submission open_submission(const Course& course, const std::vector<Rubric>& labs, const fs::path& path);

/// An editable file that cannot be graded, and why; empty when it can be.
[[nodiscard]] std::string problem_with(const std::string& content);

}  // namespace grading
