#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "autograder/report.hpp"

namespace grading_test {

namespace fs = std::filesystem;

/// A folder of its own under the temporary directory, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void write(const fs::path& file, std::string_view content);
[[nodiscard]] std::string read(const fs::path& file);

/// A course of two tiny labs whose make and suites are shell scripts: a "solution" says, a line a test, what its test
/// does: "Alpha.One passed", "Alpha.Two die". Tests that it does not name are not started. Two labs: 01-alpha
/// (answer.cpp; tests Alpha.One, Alpha.Two, Alpha.Three) and 02-beta (ring.hpp, more.cpp; test Beta.One).
class FakeCourse {
 public:
  FakeCourse();

  [[nodiscard]] const fs::path& root() const { return folder_.path(); }
  [[nodiscard]] fs::path submission() const { return root() / "handed-in"; }

  /// Writes one file of the submission: hand_in("01-alpha/answer.cpp", "Alpha.One passed\n").
  void hand_in(const std::string& path, std::string_view content) const { write(submission() / path, content); }

  /// Grades what was handed in.
  [[nodiscard]] grading::Report grade(const std::string& lab = "", const std::vector<std::string>& checkers = {}) const;
  [[nodiscard]] grading::Report grade_at(const fs::path& submission, const std::string& lab = "") const;

  /// What the program says (both streams) and its exit status.
  struct Said {
    std::string text;
    int status = 0;
  };
  [[nodiscard]] Said run(const std::string& arguments) const;

 private:
  TemporaryFolder folder_;
};

/// The program under test.
[[nodiscard]] std::string program();

/// The result of one test under one checker; fails the test when there is none.
[[nodiscard]] grading::TestResult result_of(const grading::LabReport& lab, const std::string& test,
                                            const std::string& checker = "unit");

}  // namespace grading_test
