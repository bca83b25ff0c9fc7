#include "testing/stacks.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>
#include <vector>

#include "testing/symbols.hpp"

namespace judge::detail {
namespace {

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
std::string tidy(const std::vector<Frame>& frames) {
  std::string text;
  for (const Frame& frame : frames) {
    if (is_machinery(frame.function, frame.path)) continue;
    text += "  " + frame.function.substr(0, frame.function.find('('));
    if (!frame.path.empty()) text += " (" + frame.place() + ")";
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
  std::vector<Frame> frames;
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
      frames.push_back({begin == std::string::npos ? "??" : line.substr(begin), "", 0});
    } else if (word > 0 && !frames.empty()) {
      const auto colon = line.find(':', word);
      frames.back() = frame_from(frames.back().function, line.substr(word, line.find(':', colon + 1) - word));
    }
  }
  close_thread();
  return text;
}

std::string crash_stack(const Board& board) {
  const auto count = std::min<std::size_t>(board.frames.load(), std::size(board.frame));
  std::vector<Frame> frames;
  const std::vector<const void*> addresses(board.frame, board.frame + count);
  for (const auto& calls : frames_at(addresses)) {
    frames.insert(frames.end(), calls.begin(), calls.end());
  }
  return tidy(frames);
}

}  // namespace judge::detail
