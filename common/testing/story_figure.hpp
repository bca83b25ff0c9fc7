#pragma once

#include <string>

#include "testing/story.hpp"

namespace judge::detail {

/// A picture of a printable story, as an SVG element: a line down for each thread, and on it what the thread did, in
/// boxes, one under the other in the order of time. What can be seen of it is set by the page's style.
[[nodiscard]] std::string figure_of(const Story& story);

}  // namespace judge::detail
