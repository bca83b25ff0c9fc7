#pragma once

#include <dlfcn.h>

#include "explore/crash_points.hpp"
#include "explore/machine.hpp"

/// For the functions of the C library that the explorer defines anew: how they hand a call on when no scenario runs.
/// @see dlsym(3) for RTLD_NEXT
namespace explore::detail {

template <typename Function>
Function* next_named(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace explore::detail

#define WHERE __builtin_return_address(0)
#define IN_SCENARIO (explore::detail::machine != nullptr)

/// JUST_PASS_ON(result, name, (types), (arguments))
#define JUST_PASS_ON(RESULT, NAME, TYPES, ARGUMENTS)                            \
  do {                                                                          \
    static auto* const real = explore::detail::next_named<RESULT TYPES>(#NAME); \
    return real ARGUMENTS;                                                      \
  } while (false)

/// The same for a call that others may notice: a process that is to die may die before it.
#define PASS_ON(RESULT, NAME, TYPES, ARGUMENTS)         \
  do {                                                  \
    explore::detail::crash_point_at_call(#NAME, WHERE); \
    JUST_PASS_ON(RESULT, NAME, TYPES, ARGUMENTS);       \
  } while (false)
