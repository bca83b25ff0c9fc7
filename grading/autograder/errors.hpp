#pragma once

#include <stdexcept>

namespace grading {

/// The command line asks for something that does not exist: exit status 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Grading is not possible at all, and this is why: exit status 1.
struct CannotGrade : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// SIGINT, SIGTERM or SIGHUP came. Not a std::exception, so that no handler of errors takes it for one.
struct Interrupted {
  int signal = 0;
};

}  // namespace grading
