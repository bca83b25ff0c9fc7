#pragma once

#include <string>
#include <string_view>
#include <system_error>

/// Helpers that labs and tests share: small RAII pieces over Linux system calls.
namespace shm {

/// Throws std::system_error for a failed call, naming the call and the object it was made on.
/// @param error   an errno value; pass it explicitly for calls that return it (posix_fallocate, pthread_*)
/// @param call    the function that failed, e.g. "shm_open"
/// @param object  what it was called on, e.g. the object's name; may be empty
/// @see errno(3)
[[noreturn]] inline void throw_error(int error, std::string_view call, std::string_view object = {}) {
  std::string what{call};
  if (!object.empty()) what.append("(").append(object).append(")");
  throw std::system_error{error, std::generic_category(), what};
}

}  // namespace shm
