#pragma once

#include <cstddef>

namespace shm {

/// Bytes that two cores exchange as one unit on x86-64 and most ARM64. Data that different cores write belongs on
/// different lines. (std::hardware_destructive_interference_size is missing from clang 14's library support and may
/// change with compiler flags, which must not change a layout that two processes share.)
inline constexpr std::size_t kCacheLine = 64;

}  // namespace shm
