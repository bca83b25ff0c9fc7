#pragma once

#include <cstddef>
#include <span>

/// Small programs of two threads, some with a data race. They are compiled once, and that one object file is run under
/// ThreadSanitizer (under_tsan.cpp) and under the explorer (../agreement_test.cpp): both must tell the same ones.
namespace races {

struct Shared;

struct Program {
  const char* name;
  bool races;
  void (*first)(Shared&);  ///< both end whichever comes first
  void (*second)(Shared&);
};

[[nodiscard]] std::span<const Program> programs();

/// What the two share, in memory that `allocate` gives.
[[nodiscard]] Shared& create(void* (*allocate)(std::size_t size, std::size_t alignment));

}  // namespace races
