#pragma once

#include <string>
#include <string_view>

#include "report.hpp"

namespace grading {

/// One line of the record pipe, understood.
struct Record {
  enum class Event { kStart, kEnd, kFinished, kUnknown };
  Event event = Event::kUnknown;
  TestResult result;    ///< test name always; the rest at the end of a test
  std::string finding;  ///< the sanitizer's whole report
  std::string stacks;   ///< where the threads stood
};

/// Texts in it are harmless and bounded, but for finding and stacks, which are as they came. Never throws: what is no
/// record is kUnknown. A line that was cut for its length still tells its outcome.
[[nodiscard]] Record parse_record(std::string_view line);

/// The whole story of a test that did not pass, for its log file.
[[nodiscard]] std::string story(const Record& record);

}  // namespace grading
