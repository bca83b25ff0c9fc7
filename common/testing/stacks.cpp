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

#include <regex>
#include <sstream>
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

bool is_machinery(const std::string& function) {
  static const std::regex machinery{
      "judge::|testing::|std::__invoke|std::invoke|std::function|std::_Function|__libc_start|^main$|^_start$|__wrap_|"
      "note_crash|__interceptor|_sigaction|__restore_rt|^_FUN$|__sanitizer|__tsan|__asan"};
  return std::regex_search(function, machinery);
}

// The calls of one stack as "lab::attach (shm_object.cpp:42)", without the judge's own frames.
std::string tidy(const std::vector<std::pair<std::string, std::string>>& frames) {
  std::string text;
  for (const auto& [function, place] : frames) {
    if (is_machinery(function) || function == "??") continue;
    text += "  " + function.substr(0, function.find('('));
    if (!place.empty() && place[0] != '?') text += " (" + base_name(place) + ")";
    text += "\n";
  }
  return text;
}

}  // namespace

std::string stacks_of(pid_t process) {
  std::istringstream output{output_of({"eu-stack", "-s", "-i", "-p", std::to_string(process)})};
  std::string text;
  std::string heading;
  std::vector<std::pair<std::string, std::string>> frames;
  const auto close_thread = [&] {
    if (!heading.empty()) text += heading + "\n" + tidy(frames);
    frames.clear();
  };
  static const std::regex thread{R"(TID (\d+):)"};
  static const std::regex frame{R"(#\d+\s+0x[0-9a-f]+\s+(?:- 1\s+)?(.*))"};
  static const std::regex place{R"(\s+(/\S+:\d+)(?::\d+)?\s*)"};
  for (std::string line; std::getline(output, line);) {
    std::smatch part;
    if (std::regex_match(line, part, thread)) {
      close_thread();
      heading = "thread " + part[1].str() + " of process " + std::to_string(process) + " stood in";
    } else if (std::regex_match(line, part, frame)) {
      frames.emplace_back(part[1].str(), "");
    } else if (!frames.empty() && std::regex_match(line, part, place)) {
      frames.back().second = part[1].str();
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
