#pragma once

#include <sys/types.h>

#include <string>

#include "testing/board.hpp"

namespace judge::detail {

/// Where every thread of the process stands now, innermost call first, one line each; empty if it can't be found out.
/// @see eu-stack(1)
[[nodiscard]] std::string stacks_of(pid_t process);

/// The same from what eu-stack printed: the student's own frames, as "lab::attach (shm_object.cpp:42)".
[[nodiscard]] std::string tidy_stacks(const std::string& printed, pid_t process);

/// Where the subject crashed, from the addresses on its board.
[[nodiscard]] std::string crash_stack(const Board& board);

}  // namespace judge::detail
