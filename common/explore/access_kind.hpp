#pragma once

#include "explore/observer.hpp"

/// For the runtime's own sources (see observer.hpp: what tests include holds no inline function).
namespace explore {

[[nodiscard]] inline bool is_read(AccessKind kind) { return kind != AccessKind::kWrite && kind != AccessKind::kStore; }
[[nodiscard]] inline bool is_write(AccessKind kind) { return kind != AccessKind::kRead && kind != AccessKind::kLoad; }

}  // namespace explore
