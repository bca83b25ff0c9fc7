#pragma once

#include "explore/scenario.hpp"

/// For the explorer alone.
namespace explore::detail {

/// Says in a sentence or two why the language allows what went wrong, and marks the steps of which it speaks.
void explain(Result& result);

}  // namespace explore::detail
