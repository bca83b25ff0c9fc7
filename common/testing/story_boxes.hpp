#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "testing/story.hpp"

namespace judge::detail {

/// What one row of a box shows.
enum class Part { kFile, kSource, kOutcome };

struct BoxRow {
  Part part;
  std::string label;  ///< the number of the line of source
  std::string text;
  std::size_t step;  ///< an index into the story's steps
  int indent;        ///< from the box's left edge to the text
};

/// The steps of one thread in one line of source, one after the other. Lengths are in the picture's units.
struct Box {
  int thread = 0;
  bool is_fault = false;
  bool is_stale = false;
  std::vector<BoxRow> rows;
  int top = 0;
  int width = 0;

  [[nodiscard]] int height() const;
  /// Where the middle of a row is, from the box's top.
  [[nodiscard]] int middle_of(std::size_t row) const;
};

/// The boxes of a printable story in order of time, each with its place from the top.
/// @param top  of the first one
[[nodiscard]] std::vector<Box> boxes_of(const Story& story, int top);

constexpr int kCharacter = 8;  ///< the width of one, in the picture's units
constexpr int kPadding = 10;   ///< between a box's edge and its text

}  // namespace judge::detail
