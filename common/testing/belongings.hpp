#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// What processes hold and what outlives them; taken before and after, the difference is a leak.
namespace judge::detail {

/// This process's open descriptors and what they refer to.
using Descriptors = std::map<int, std::string>;
[[nodiscard]] Descriptors open_descriptors();

/// Bytes of shared memory objects that this process has mapped, by object; of SysV segments by their key, in
/// hexadecimal digits behind this.
inline constexpr std::string_view kSegmentPrefix = "/SYSV";
using Mappings = std::map<std::string, std::size_t>;
[[nodiscard]] Mappings shared_mappings();

/// Names in /dev/shm: all of them in the sandbox, whose /dev/shm is private; else those that FreshName begins.
[[nodiscard]] std::set<std::string> object_names();

/// A SysV segment in the system's list.
struct Segment {
  int key;
  std::size_t size;
  pid_t creator;
  uid_t creators_user;
};
/// All that there are, by their ids.
using Segments = std::map<int, Segment>;
[[nodiscard]] Segments segments();

/// Those that are new since then and were made by the test or its processes: in the sandbox all new ones, elsewhere
/// those that this process, or one that has ended, has made as this user.
[[nodiscard]] Segments segments_left_behind(const Segments& before);

/// "the SysV segment with the key 0x510a2f01 (4096 bytes)".
[[nodiscard]] std::string in_words(const Segment& segment);

/// The process's children, and theirs, and so on.
[[nodiscard]] std::vector<pid_t> descendants(pid_t process);
[[nodiscard]] std::vector<pid_t> children(pid_t process);

/// The command line's first word, or "?" for one that has gone.
[[nodiscard]] std::string process_name(pid_t process);

}  // namespace judge::detail
