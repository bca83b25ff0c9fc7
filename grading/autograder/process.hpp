#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "files.hpp"

namespace grading {

/// What is to run, and within which limits.
struct ProcessSpec {
  std::vector<std::string> argv;
  fs::path directory;
  std::vector<std::pair<std::string, std::string>> environment;  ///< added to ours; an empty value removes
  fs::path log;  ///< takes standard output and error, the first `log_limit` bytes
  std::size_t log_limit = std::size_t{1} << 20;
  std::chrono::milliseconds time_limit{60'000};
  std::size_t memory_limit = std::size_t{2} << 30;    ///< resident, of the whole tree
  std::size_t process_limit = 512;                    ///< how many it may be, with all that it started
  std::size_t output_limit = std::size_t{256} << 20;  ///< what it may print before it is ended
  std::chrono::seconds cpu_limit{0};                  ///< of each process; 0: none
  bool gentle = false;   ///< on the way out, SIGTERM first: it tidies up after itself (make)
  bool records = false;  ///< gets a pipe named by RECORD_FD
};

/// Who ended it: it did, or we did, and for what.
enum class End { kExited, kSignalled, kTimedOut, kOutOfMemory, kTooManyProcesses, kTooMuchOutput };

/// How a process came to its end, and what it took.
struct ProcessEnd {
  End how = End::kExited;
  int code = 0;  ///< exit status or signal
  double seconds = 0;
  std::size_t peak_bytes = 0;

  [[nodiscard]] bool succeeded() const { return how == End::kExited && code == 0; }
  /// For a message: "exit status 3", "took longer than 60 s".
  [[nodiscard]] std::string sentence() const;
};

/// Runs it to its end and leaves none of its descendants alive, however it ended, also when this throws. Its output is
/// streamed into the log. The calling process must have no other children: they would be ended too.
/// @param on_record  called with each complete line of the record pipe
/// @throws Interrupted, std::system_error when it cannot be started
ProcessEnd run_process(const ProcessSpec& spec, const std::function<void(std::string_view)>& on_record = {});

}  // namespace grading
