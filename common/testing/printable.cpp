#include "testing/printable.hpp"

#include <algorithm>
#include <cstdint>

namespace judge::detail {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "…";

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// How many bytes a character has that begins so; 0: none begins so.
std::size_t length_after(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

std::uint32_t code_of(std::string_view character) {
  if (character.size() == 1) return static_cast<unsigned char>(character.front());
  std::uint32_t code = static_cast<unsigned char>(character.front()) & (0x7FU >> character.size());
  for (const char byte : character.substr(1)) code = code << 6U | (static_cast<unsigned char>(byte) & 0x3FU);
  return code;
}

/// Encoded longer than need be, half of a pair of UTF-16, beyond the last, or no character for good.
bool is_malformed(std::uint32_t code, std::size_t bytes) {
  return (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000) || (code >= 0xD800 && code <= 0xDFFF) ||
         code > 0x10FFFF || (code & 0xFFFEU) == 0xFFFE;
}

bool acts_on_the_screen(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F) || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

/// The bytes of the character that the text begins with; empty when they are not UTF-8.
std::string_view first_character(std::string_view text) {
  const std::size_t length = length_after(static_cast<unsigned char>(text.front()));
  if (length == 0 || length > text.size()) return {};
  const auto character = text.substr(0, length);
  if (!std::all_of(character.begin() + 1, character.end(), continues)) return {};
  return is_malformed(code_of(character), length) ? std::string_view{} : character;
}

/// How many bytes the first `width` characters have.
std::size_t bytes_of(std::string_view text, std::size_t width) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (continues(text[at])) continue;
    if (width == 0) break;
    --width;
  }
  return at;
}

/// Takes a line off the front of the text.
std::string take_line(std::string_view& text, std::size_t width) {
  std::size_t end = bytes_of(text, width);
  if (end < text.size() && text[end] != ' ') {
    const auto blank = text.rfind(' ', end);
    if (blank != std::string_view::npos && blank > 0) end = blank;
  }
  std::string line{text.substr(0, end)};
  text.remove_prefix(std::min(text.find_first_not_of(' ', end), text.size()));
  return line;
}

}  // namespace

std::string printable(std::string_view bytes) {
  std::string shown;
  while (!bytes.empty()) {
    const auto character = first_character(bytes);
    if (character == "\n" || character == "\t" || character == "\r") {
      shown += ' ';
    } else if (character.empty() || acts_on_the_screen(code_of(character))) {
      shown += kReplacement;
    } else {
      shown += character;
    }
    bytes.remove_prefix(std::max<std::size_t>(character.size(), 1));
  }
  return shown;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) { return !continues(byte); }));
}

std::string cut(std::string_view text, std::size_t width) {
  if (width == 0) return "";
  if (width_of(text) <= width) return std::string{text};
  return std::string{text.substr(0, bytes_of(text, width - 1))}.append(kEllipsis);
}

std::string cut_inside(std::string_view text, std::size_t width) {
  const std::size_t all = width_of(text);
  if (all <= width || width < 3) return cut(text, width);
  const std::size_t end = width / 2;
  const std::string begin{text.substr(0, bytes_of(text, width - 1 - end))};
  return begin + std::string{kEllipsis}.append(text.substr(bytes_of(text, all - end)));
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width, std::size_t lines) {
  width = std::max<std::size_t>(width, 1);
  std::vector<std::string> result;
  while (!text.empty() && result.size() < lines) {
    if (result.size() + 1 == lines) {
      result.push_back(cut(text, width));
      break;
    }
    result.push_back(take_line(text, width));
  }
  return result;
}

}  // namespace judge::detail
