#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rubric.hpp"

namespace grading {

/// What a sanitizer's or memcheck's report says about the student's own lines, one line a finding, each once, e.g.
/// "race: write at spsc_ring.hpp:42 (try_push) by the producer, read at spsc_ring.hpp:57 (try_pop)". At most 5, then
/// how many more. Never empty for a report that is not: what cannot be read is at least called so.
[[nodiscard]] std::vector<std::string> condense(std::string_view report, const Rubric& rubric);

/// Of the stacks of a timed-out test, the innermost line of the student's for each thread: "thread 12 stood at
/// spsc_ring.hpp:57 (try_pop)".
[[nodiscard]] std::vector<std::string> condense_stacks(std::string_view stacks, const Rubric& rubric);

}  // namespace grading
