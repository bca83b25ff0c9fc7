#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "testing/story.hpp"

/// For those who tell a story alone: what it is made of, and what is left out of a long one.
namespace judge::detail {

/// The story with all its text printable, and a name for each column that a step is in.
[[nodiscard]] Story made_printable(Story story);

/// Whether the second step goes on in the line of source that the first one stands in.
[[nodiscard]] bool shares_line(const StoryStep& first, const StoryStep& second);

/// The one file that all steps are in; empty when there are several, or none is known.
[[nodiscard]] std::string only_file(const Story& story);

/// For each step, whether it is shown.
using Shown = std::vector<bool>;

/// What to show when not all fits: the faulty steps, old values read, what else concerns the same objects, and what
/// came last; of each the latest first. A step that is done once more later on, with the same outcome, counts the
/// least.
/// @param lines   that the steps may take
/// @param height  the lines that it takes to show just these
[[nodiscard]] Shown chosen(const Story& story, int lines, const std::function<int(const Shown&)>& height);

/// "… 7 steps of the producer", for the steps from `first` up to `last`, which is not one of them.
[[nodiscard]] std::string folded(const Story& story, std::size_t first, std::size_t last);

}  // namespace judge::detail
