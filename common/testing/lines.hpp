#pragma once

#include <sstream>
#include <string>
#include <vector>

namespace judge::detail {

/// The lines of a text, without their ends.
[[nodiscard]] inline std::vector<std::string> lines_in(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Lines from the `first` on, as one text.
[[nodiscard]] inline std::string joined(const std::vector<std::string>& lines, std::size_t first = 0) {
  std::string text;
  for (std::size_t i = first; i < lines.size(); ++i) text += (i == first ? "" : "\n") + lines[i];
  return text;
}

}  // namespace judge::detail
