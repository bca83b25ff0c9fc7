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
    if (!object.starts_with("/dev/shm/") && !object.starts_with("/SYSV")) continue;
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

Segments segments() {
  Segments found;
  std::ifstream table{"/proc/sysvipc/shm"};
  std::string line;
  std::getline(table, line);  // the heading
  while (std::getline(table, line)) {
    std::istringstream row{line};
    long key = 0;
    int id = 0;
    std::string mode;
    std::size_t size = 0;
    pid_t creator = 0;
    if (row >> key >> id >> mode >> size >> creator) found[id] = creator;
  }
  return found;
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
