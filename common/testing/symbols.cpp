#include "testing/symbols.hpp"

#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "shm/child.hpp"
#include "shm/unique_fd.hpp"
#include "testing/file_text.hpp"

namespace judge::detail {
namespace {

// Where this program lies; a forked child has it at the same address.
std::uintptr_t load_address() {
  std::uintptr_t base = 0;
  // The first object is the program itself.
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        *static_cast<std::uintptr_t*>(out) = info->dlpi_addr;
        return 1;
      },
      &base);
  return base;
}

std::string own_path() {
  std::array<char, 4096> path{};
  return ::readlink("/proc/self/exe", path.data(), path.size() - 1) > 0 ? path.data() : "/proc/self/exe";
}

}  // namespace

Frame frame_from(std::string function, const std::string& place) {
  Frame frame{std::move(function), "", 0};
  const auto colon = place.rfind(':');  // behind it: "42 (discriminator 3)"
  if (colon == std::string::npos || place.starts_with("??")) return frame;
  frame.path = place.substr(0, colon);
  frame.line = std::atoi(place.c_str() + colon + 1);
  return frame;
}

std::string base_name(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

std::string Frame::place() const { return path.empty() ? "" : base_name(path) + ":" + std::to_string(line); }

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

std::vector<std::vector<Frame>> frames_at(const std::vector<const void*>& addresses) {
  std::vector<std::vector<Frame>> answers(addresses.size());
  if (addresses.empty()) return answers;
  std::vector<std::string> words{"addr2line", "-a", "-f", "-C", "-i", "-e", own_path()};
  const std::uintptr_t base = load_address();
  for (const void* address : addresses) {
    char text[32];
    // "- 1": a call returns to what stands behind it.
    std::snprintf(text, sizeof text, "0x%zx", reinterpret_cast<std::uintptr_t>(address) - base - 1);
    words.emplace_back(text);
  }
  // For each: its address, then two lines a call.
  std::istringstream output{output_of(std::move(words))};
  std::size_t next = 0;
  for (std::string line; std::getline(output, line);) {
    if (line.starts_with("0x")) {
      ++next;
      continue;
    }
    std::string place;
    if (next == 0 || next > answers.size() || !std::getline(output, place)) break;
    answers[next - 1].push_back(frame_from(std::move(line), place));
  }
  return answers;
}

}  // namespace judge::detail
