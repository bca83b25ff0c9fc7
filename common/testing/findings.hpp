#pragma once

#include <sys/types.h>

#include <string>

namespace judge::detail {

/// Whether this program runs on valgrind's processor rather than the machine's.
[[nodiscard]] bool under_valgrind();

/// What valgrind has said about this process so far; empty without valgrind.
[[nodiscard]] std::string valgrind_report_on(pid_t process);

/// Whether an exit status is how a sanitizer or valgrind ends a program it found fault with (run-suite sets them).
[[nodiscard]] bool is_sanitizer_exit(int code);

}  // namespace judge::detail
