#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "testing/story.hpp"
#include "testing/story_columns.hpp"
#include "testing/story_fold.hpp"

namespace judge::detail {

/// The steps of a story as lines in columns.
class Rows {
 public:
  /// @param story  printable; it and the columns must outlive this
  Rows(const Story& story, const Columns& columns);

  /// All steps, or some of them; the others become one line wherever they are.
  [[nodiscard]] std::vector<std::string> of(const Shown& shown) const;

 private:
  [[nodiscard]] std::string fold(std::size_t first, std::size_t last) const;
  [[nodiscard]] std::string place_of(const StoryStep& step, const std::string& last_file) const;
  [[nodiscard]] std::vector<std::string> texts_of(const StoryStep& step, const std::string& source) const;
  void add(std::vector<std::string>& lines, std::size_t index, const std::string& source) const;

  const Story& story_;
  const Columns& columns_;
  bool names_files_;  ///< there are several
};

}  // namespace judge::detail
