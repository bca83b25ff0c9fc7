#include "testing/stacks.hpp"

#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "shm/child.hpp"
#include "shm/unique_fd.hpp"
#include "testing/file_text.hpp"

namespace judge::detail {
namespace {

// The output of a helper program; empty when it can't be run or takes longer than 10 s.
std::string output_of(std::vector<std::string> words) {
  const shm::UniqueFd output{::memfd_create("output", MFD_CLOEXEC)};
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  auto helper = shm::Child::run([&] {
    ::dup2(output.get(), STDOUT_FILENO);
    ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
    ::unsetenv("DEBUGINFOD_URLS");  // lines come from the program itself, never from the network
    ::execvp(arguments[0], arguments.data());
    return 127;
  });
  if (!helper.wait(shm::Deadline::after(std::chrono::seconds{10}))) return {};
  return text_of(output.get(), std::size_t{1} << 20);
}

std::string base_name(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

// Not the student's and not a system call: the judge, GoogleTest, the C++ library's way of calling a lambda, the
// sanitizers.
bool is_machinery(std::string_view function, std::string_view place) {
  constexpr std::string_view kMachinery[] = {"judge::",       "testing::",     "std::__invoke", "std::invoke",
                                             "std::function", "std::_Func",    "__libc_start",  "__wrap_",
                                             "note_crash",    "__interceptor", "__restore_rt",  "__sanitizer",
                                             "__tsan",        "__asan",        "__invoke",      "TestBody"};
  constexpr std::string_view kFolders[] = {"/tests/", "tests/", "common/testing/", "common/shm/child.cpp",
                                           "/include/c++/"};
  const auto lies_in = [place](std::string_view folder) { return place.find(folder) != std::string_view::npos; };
  if (std::any_of(std::begin(kFolders), std::end(kFolders), lies_in)) return true;
  return function == "main" || function == "_start" || function == "_FUN" || function == "??" ||
         std::any_of(std::begin(kMachinery), std::end(kMachinery),
                     [function](std::string_view part) { return function.find(part) != std::string_view::npos; });
}

// The calls of one stack as "lab::attach (shm_object.cpp:42)", without the judge's own frames.
std::string tidy(const std::vector<std::pair<std::string, std::string>>& frames) {
  std::string text;
  for (const auto& [function, place] : frames) {
    if (is_machinery(function, place)) continue;
    text += "  " + function.substr(0, function.find('('));
    if (!place.empty() && place[0] != '?') text += " (" + base_name(place) + ")";
    text += "\n";
  }
  return text;
}

}  // namespace

std::string stacks_of(pid_t process) {
  return tidy_stacks(output_of({"eu-stack", "-s", "-i", "-p", std::to_string(process)}), process);
}

std::string tidy_stacks(const std::string& printed, pid_t process) {
  std::istringstream output{printed};
  std::string text;
  std::string heading;
  std::vector<std::pair<std::string, std::string>> frames;
  const auto close_thread = [&] {
    if (!heading.empty()) text += heading + "\n" + tidy(frames);
    frames.clear();
  };
  // "TID 17:", then for each call "#0  0x00007f... pause" and, where known, a line "    path/file.cpp:12:3".
  for (std::string line; std::getline(output, line);) {
    const auto word = line.find_first_not_of(' ');
    if (word == std::string::npos) continue;
    if (line.starts_with("TID ")) {
      close_thread();
      heading = "thread " + line.substr(4, line.find(':') - 4) + " of process " + std::to_string(process) + " stood in";
    } else if (line[word] == '#') {
      const auto address = line.find("0x", word);
      const auto name = line.find_first_of(' ', address);
      if (address == std::string::npos || name == std::string::npos) continue;
      // "- 1" marks an address that was returned to.
      const auto begin = line.find_first_not_of(" -1", name);
      frames.emplace_back(begin == std::string::npos ? "??" : line.substr(begin), "");
    } else if (word > 0 && !frames.empty()) {
      const auto colon = line.find(':', word);
      frames.back().second = line.substr(word, line.find(':', colon + 1) - word);
    }
  }
  close_thread();
  return text;
}

std::string crash_stack(const Board& board) {
  const auto count = std::min<std::size_t>(board.frames.load(), std::size(board.frame));
  if (count == 0) return {};
  // The first object is the program itself; a forked child has it at the same address.
  std::uintptr_t base = 0;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        *static_cast<std::uintptr_t*>(out) = info->dlpi_addr;
        return 1;
      },
      &base);
  std::vector<std::string> words{"addr2line", "-f", "-C", "-i", "-e", "/proc/self/exe"};
  std::array<char, 4096> program{};
  if (::readlink("/proc/self/exe", program.data(), program.size() - 1) > 0) words.back() = program.data();
  for (std::size_t i = 0; i < count; ++i) {
    char address[32];
    std::snprintf(address, sizeof address, "0x%zx", reinterpret_cast<std::uintptr_t>(board.frame[i]) - base - 1);
    words.emplace_back(address);
  }
  std::istringstream output{output_of(std::move(words))};
  std::vector<std::pair<std::string, std::string>> frames;
  std::string function;
  std::string place;
  while (std::getline(output, function) && std::getline(output, place)) {
    frames.emplace_back(function, place.substr(0, place.find(" (discriminator")));
  }
  return tidy(frames);
}

}  // namespace judge::detail
