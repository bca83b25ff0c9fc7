#pragma once

#include <string>

namespace judge::detail {

/// One test's outcome under one checker.
struct Record {
  std::string test;
  std::string outcome;  // passed, failed, not_started, crashed, timed_out, leaked, sanitizer
  int step = -1;        ///< of the lab; -1: none was said
  std::string why;
  std::string expected;
  std::string happened;
  std::string message;
  double seconds = 0;
  std::string stacks;
  std::string finding;
  std::string output;
  std::string not_started;
  std::string story;
};

/// Writes records to the descriptor named by RECORD_FD, a JSON object a line; without it, does nothing.
class RecordWriter {
 public:
  RecordWriter();
  void start(const std::string& test) const;
  void end(const Record& record) const;
  void finished(int tests) const;

 private:
  void write(const std::string& line) const;
  int fd_ = -1;
};

}  // namespace judge::detail
