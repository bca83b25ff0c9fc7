#include "testing/findings.hpp"

#include <cstdlib>
#include <sstream>

#include "testing/file_text.hpp"

namespace judge::detail {

bool under_valgrind() { return std::getenv("VALGRIND_LOG_FD") != nullptr; }

std::string valgrind_report_on(pid_t process) {
  const char* fd = std::getenv("VALGRIND_LOG_FD");
  if (fd == nullptr) return {};
  // All forked processes write to one log; each line bears the number of its process.
  std::istringstream log{text_of(std::atoi(fd), std::size_t{16} << 20)};
  const std::string mark = "==" + std::to_string(process) + "==";
  std::string report;
  for (std::string line; std::getline(log, line);) {
    if (line.starts_with(mark)) report += line + "\n";
  }
  return report;
}

bool is_sanitizer_exit(int code) { return code >= 66 && code <= 69; }

}  // namespace judge::detail
