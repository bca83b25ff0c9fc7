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

  /// How many lines that would be.
  [[nodiscard]] int height(const Shown& shown) const;

 private:
  /// What was shown before a step, as far as it matters to it.
  struct Before {
    std::vector<std::string> files;  ///< the one that each column was in last
    bool shows_last = false;         ///< the step just before
  };

  [[nodiscard]] std::string fold(std::size_t first, std::size_t last) const;
  [[nodiscard]] std::string place_of(const StoryStep& step, const std::string& last_file) const;
  [[nodiscard]] std::vector<std::string> texts_of(const StoryStep& step, const std::string& source) const;
  [[nodiscard]] std::vector<std::string> texts_at(std::size_t index, Before& before) const;
  void add(std::vector<std::string>& lines, std::size_t index, const std::vector<std::string>& texts) const;

  const Story& story_;
  const Columns& columns_;
  bool names_files_;  ///< there are several
};

}  // namespace judge::detail
