#pragma once

#include <vector>

#include "explore/scenario.hpp"

/// For the explorer alone.
namespace explore::detail {

/// Leaves out of a story what no other thread could notice: accesses to bytes that only one thread touches, and a
/// thread's own look at what it alone stores.
void leave_out_what_is_private(std::vector<Step>& steps);

}  // namespace explore::detail
