#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "testing/story.hpp"

namespace judge::detail {

/// A sheet of text with a column for each thread. The columns overlap where there are many: a row belongs to one
/// thread alone, so it may run over those to the right of it.
class Columns {
 public:
  /// @param story  printable; its names, and how many steps must be numbered
  Columns(const Story& story, int width);

  /// The names over their columns.
  [[nodiscard]] std::string heading() const;
  /// @param mark  two characters before the columns
  [[nodiscard]] std::string row(std::string_view number, std::string_view mark, int thread,
                                std::string_view text) const;

  /// The characters that a thread's text has up to the right edge.
  [[nodiscard]] std::size_t reach(int thread) const;
  /// Those that it should make do with: as many as the rightmost one has.
  [[nodiscard]] std::size_t room() const;

 private:
  [[nodiscard]] std::size_t start_of(int thread) const;
  [[nodiscard]] int count() const { return static_cast<int>(names_.size()); }

  std::vector<std::string> names_;
  std::size_t width_;
  std::size_t digits_;  ///< of a step's number
  std::size_t pitch_;   ///< from one column to the next
};

}  // namespace judge::detail
