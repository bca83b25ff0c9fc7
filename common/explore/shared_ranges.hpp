#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

/// For the explorer alone: which of this process's memory others see. Used from hooks: nothing here allocates or locks.
namespace explore::detail {

struct SharedRange {
  std::uintptr_t begin;
  std::uintptr_t end;
  off_t offset;  ///< of `begin` in its file
  ino_t inode;   ///< of its file; 0: it has none
};

/// Ranges are whole pages, as mappings are. What a new one covers belongs to it alone.
[[nodiscard]] bool is_shared(std::uintptr_t address);
void now_shared(const SharedRange& range);
void no_longer_shared(std::uintptr_t begin, std::size_t size);
/// The range that holds the address, or nullptr.
[[nodiscard]] const SharedRange* range_at(std::uintptr_t address);

}  // namespace explore::detail
