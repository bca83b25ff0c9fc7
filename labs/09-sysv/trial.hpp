#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <string>

/// Given: what one needs to find out about shared memory from inside a program. Not thread-safe: the umask is the whole
/// process's.
namespace lab {

/// Another umask while this lives. @see umask(2)
class Umask {
 public:
  explicit Umask(mode_t mask) : before_{::umask(mask)} {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() { ::umask(before_); }

 private:
  mode_t before_;
};

/// Whether /proc/self/maps shows what is mapped or attached at this address as a file below /dev/shm.
[[nodiscard]] inline bool lies_in_dev_shm(const void* address) {
  std::ostringstream begin;
  begin << std::hex << std::setfill('0') << std::setw(8) << reinterpret_cast<std::uintptr_t>(address) << '-';
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);) {
    if (line.starts_with(begin.str())) return line.find(" /dev/shm/") != std::string::npos;
  }
  return false;
}

/// Rows of /proc/sysvipc/shm, which `ipcs -m` prints, for what this process has made.
[[nodiscard]] inline std::size_t rows_of_ours() {
  std::ifstream table{"/proc/sysvipc/shm"};
  std::string row;
  std::getline(table, row);  // the heading
  std::size_t count = 0;
  while (std::getline(table, row)) {
    std::istringstream columns{row};
    std::array<std::string, 5> column;  // key, id, mode, size, creator
    for (std::string& text : column) columns >> text;
    if (column[4] == std::to_string(::getpid())) ++count;
  }
  return count;
}

/// Calls it many times; the median of how long it takes, in microseconds.
template <typename Function>
[[nodiscard]] double median_microseconds(Function function) {
  std::array<double, 51> rounds{};
  for (double& round : rounds) {
    const auto begin = std::chrono::steady_clock::now();
    function();
    round = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
  }
  std::ranges::nth_element(rounds, rounds.begin() + rounds.size() / 2);
  return rounds[rounds.size() / 2];
}

}  // namespace lab
