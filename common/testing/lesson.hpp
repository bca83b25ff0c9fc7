#pragma once

#include <string>

namespace judge {

/// Says what the running test teaches; printed only when it fails. Call it first in the test.
/// @param step  the lab's step that it judges, as in the handout's "Step 3"
/// @param why   one sentence: why it matters when this goes wrong
void lesson(int step, std::string why);

}  // namespace judge
