#pragma once

#include <string>
#include <vector>

#include "files.hpp"
#include "rubric.hpp"

namespace grading {

/// The course that grades: its folder and its rubrics.
class Course {
 public:
  /// @throws CannotGrade when there is no course at `root` or a rubric is broken
  explicit Course(const fs::path& root);

  [[nodiscard]] const fs::path& root() const { return root_; }
  [[nodiscard]] const std::vector<Rubric>& rubrics() const { return rubrics_; }

  /// The labs that are meant: all for an empty name, else one by 07-spsc-ring, 07, 7 or spsc-ring.
  /// @throws UsageError listing the valid ones
  [[nodiscard]] std::vector<Rubric> labs(const std::string& name) const;

  /// The checkers that are meant, in order: all for none. Each name may list several, separated by commas or spaces.
  /// @throws UsageError listing the valid ones
  [[nodiscard]] std::vector<std::string> checkers(const std::vector<std::string>& names) const;

  [[nodiscard]] fs::path build() const { return root_ / "build"; }
  [[nodiscard]] fs::path stage(const std::string& key) const { return build() / "stage" / key; }

 private:
  fs::path root_;
  std::vector<Rubric> rubrics_;
};

}  // namespace grading
