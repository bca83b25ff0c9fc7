#pragma once

#include <string>
#include <string_view>

namespace grading {

/// Colours a text, or leaves it as it is.
class Paint {
 public:
  explicit Paint(bool colour) : colour_{colour} {}

  [[nodiscard]] std::string bold(std::string_view text) const { return with("1", text); }
  [[nodiscard]] std::string dim(std::string_view text) const { return with("2", text); }
  [[nodiscard]] std::string good(std::string_view text) const { return with("32", text); }
  [[nodiscard]] std::string bad(std::string_view text) const { return with("31", text); }
  [[nodiscard]] std::string warn(std::string_view text) const { return with("33", text); }
  [[nodiscard]] std::string link(std::string_view text) const { return with("36", text); }

 private:
  [[nodiscard]] std::string with(const char* code, std::string_view text) const {
    if (!colour_ || text.empty()) return std::string{text};
    return std::string{"\x1b["}.append(code).append("m").append(text).append("\x1b[0m");
  }
  bool colour_;
};

/// Whether standard output is to be coloured: on a terminal, unless NO_COLOR is set; COLOR=always and COLOR=never
/// decide.
[[nodiscard]] bool wants_colour();

}  // namespace grading
