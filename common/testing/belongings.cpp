#include "testing/belongings.hpp"

#include <dirent.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string_view>

#include "testing/fresh_name.hpp"

namespace judge::detail {
namespace {

std::vector<std::string> entries_of(const char* path) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory{::opendir(path), ::closedir};
  if (!directory) return names;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

}  // namespace

Descriptors open_descriptors() {
  Descriptors found;
  for (const auto& name : entries_of("/proc/self/fd")) {
    char target[256];
    const auto length = ::readlink(("/proc/self/fd/" + name).c_str(), target, sizeof target);
    // The directory that was just listed has closed again: its entry can't be read.
    if (length > 0) found[std::atoi(name.c_str())] = std::string(target, static_cast<std::size_t>(length));
  }
  return found;
}

Mappings shared_mappings() {
  Mappings found;
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);) {
    const auto path = line.find('/');
    if (path == std::string::npos) continue;
    std::string object = line.substr(path);
    if (!object.starts_with("/dev/shm/") && !object.starts_with(kSegmentPrefix)) continue;
    if (const auto deleted = object.find(" (deleted)"); deleted != std::string::npos) object.resize(deleted);
    unsigned long first = 0;
    unsigned long last = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx", &first, &last) == 2) found[object] += last - first;
  }
  return found;
}

std::set<std::string> object_names() {
  const bool all = std::getenv("SANDBOXED") != nullptr;
  std::set<std::string> found;
  for (auto& name : entries_of("/dev/shm")) {
    if (all || name.starts_with(fresh_name_prefix())) found.insert(std::move(name));
  }
  return found;
}

// Its columns: see proc(5).
Segments segments() {
  Segments found;
  std::ifstream table{"/proc/sysvipc/shm"};
  std::string line;
  std::getline(table, line);  // the heading
  while (std::getline(table, line)) {
    std::istringstream row{line};
    int id = 0;
    Segment segment{};
    std::string mode;
    std::string last_user;
    std::string attached;
    std::string uid;
    std::string gid;
    if (row >> segment.key >> id >> mode >> segment.size >> segment.creator >> last_user >> attached >> uid >> gid >>
        segment.creators_user) {
      found[id] = segment;
    }
  }
  return found;
}

Segments segments_left_behind(const Segments& before) {
  const bool alone = std::getenv("SANDBOXED") != nullptr;
  Segments found = segments();
  std::erase_if(found, [&](const auto& entry) {
    const auto& [id, segment] = entry;
    // Outside a sandbox other programs make segments too.
    const bool may_be_ours =
        segment.creators_user == ::geteuid() && (segment.creator == ::getpid() || ::getpgid(segment.creator) == -1);
    return before.contains(id) || !(alone || may_be_ours);
  });
  return found;
}

std::string in_words(const Segment& segment) {
  char text[80];
  if (segment.key == 0) {
    std::snprintf(text, sizeof text, "a SysV segment without a key (IPC_PRIVATE, %zu bytes)", segment.size);
  } else {
    std::snprintf(text, sizeof text, "the SysV segment with the key 0x%08x (%zu bytes)",
                  static_cast<unsigned>(segment.key), segment.size);
  }
  return text;
}

std::vector<pid_t> children(pid_t process) {
  std::vector<pid_t> found;
  const std::string tasks = "/proc/" + std::to_string(process) + "/task";
  for (const auto& thread : entries_of(tasks.c_str())) {
    std::ifstream list{tasks + "/" + thread + "/children"};
    for (pid_t child = 0; list >> child;) found.push_back(child);
  }
  return found;
}

std::vector<pid_t> descendants(pid_t process) {
  std::vector<pid_t> found = children(process);
  for (std::size_t next = 0; next < found.size(); ++next) {
    for (const pid_t child : children(found[next])) found.push_back(child);
  }
  return found;
}

std::string process_name(pid_t process) {
  std::ifstream file{"/proc/" + std::to_string(process) + "/comm"};
  std::string name;
  return std::getline(file, name) ? name : "?";
}

}  // namespace judge::detail
