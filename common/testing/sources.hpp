#pragma once

#include <vector>

#include "testing/story.hpp"

namespace judge::detail {

/// Says of each step of a story where it stands in the source code: at the innermost call that lies in one of the
/// lab's own files (LAB_FILES), else in the test's. Of a function that is one statement, at its call.
/// @param calls  of each step, innermost first: the addresses that they return to
void fill_in_sources(Story& story, const std::vector<std::vector<const void*>>& calls);

}  // namespace judge::detail
