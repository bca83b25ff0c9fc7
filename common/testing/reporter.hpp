#pragma once

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "testing/belongings.hpp"
#include "testing/record.hpp"
#include "testing/story_writer.hpp"

namespace judge::detail {

/// Watches each test: guards against what it leaves behind, decides its verdict, writes its record, prints its lesson.
class Reporter : public ::testing::EmptyTestEventListener {
 public:
  Reporter();

  void OnTestStart(const ::testing::TestInfo& test) override;
  void OnTestPartResult(const ::testing::TestPartResult& part) override;
  void OnTestEnd(const ::testing::TestInfo& test) override;
  void OnTestProgramEnd(const ::testing::UnitTest& program) override;

  /// Whether every test so far has passed by the reporter's verdict, which is stricter than the assertions alone.
  [[nodiscard]] bool all_passed() const { return failed_ == 0 && not_started_ == 0; }

 private:
  void look_for_things_left_behind();
  [[nodiscard]] std::string verdict() const;
  void fill_from_endings(Record& record) const;
  void print(const Record& record);
  static void print_story(const std::string& story);
  void print_field(const char* name, const std::string& text) const;
  [[nodiscard]] std::string paint(const char* code, const std::string& text) const;

  RecordWriter writer_;
  StoryWriter stories_;
  bool colour_;
  std::vector<std::string> messages_;
  std::set<std::string> objects_;
  Segments segments_;
  Descriptors descriptors_;
  std::set<std::string> unstarted_steps_;
  std::pair<int, std::string> first_to_mend_;  // the earliest step that fails, and a test of it
  int passed_ = 0;
  int failed_ = 0;
  int not_started_ = 0;
};

}  // namespace judge::detail
