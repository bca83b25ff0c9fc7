#pragma once

#include <sys/types.h>

#include <cstddef>
#include <vector>

/// The calling process's descendants, wherever they hid: also those that left their session or whose parent is gone
/// (the calling process must be their subreaper). @see proc(5), prctl(2) PR_SET_CHILD_SUBREAPER
namespace grading {

/// Makes orphans among the descendants children of this process instead of init's.
void adopt_orphans();

/// All of them, zombies too.
[[nodiscard]] std::vector<pid_t> descendants();

/// Bytes of memory that the descendants hold together; pages they share count once when it matters (above
/// `precise_from`).
[[nodiscard]] std::size_t resident_bytes(const std::vector<pid_t>& processes, std::size_t precise_from);

/// Ends every descendant with SIGKILL and reaps it.
/// Whole process groups at once, so that one that forks faster than we can look does not get away.
void end_descendants();

}  // namespace grading
