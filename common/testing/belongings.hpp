#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

/// What processes hold and what outlives them; taken before and after, the difference is a leak.
namespace judge::detail {

/// This process's open descriptors and what they refer to.
using Descriptors = std::map<int, std::string>;
[[nodiscard]] Descriptors open_descriptors();

/// Bytes of shared memory objects that this process has mapped, by object.
using Mappings = std::map<std::string, std::size_t>;
[[nodiscard]] Mappings shared_mappings();

/// Names in /dev/shm: all of them in the sandbox, whose /dev/shm is private; else those that FreshName begins.
[[nodiscard]] std::set<std::string> object_names();

/// Ids of SysV segments, with the process that made each.
using Segments = std::map<int, pid_t>;
[[nodiscard]] Segments segments();

/// The process's children, and theirs, and so on.
[[nodiscard]] std::vector<pid_t> descendants(pid_t process);
[[nodiscard]] std::vector<pid_t> children(pid_t process);

/// The command line's first word, or "?" for one that has gone.
[[nodiscard]] std::string process_name(pid_t process);

}  // namespace judge::detail
