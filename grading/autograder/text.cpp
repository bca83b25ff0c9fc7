#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace grading {
namespace {

struct Decoded {
  char32_t character = 0;
  std::size_t size = 0;  // 0: not a valid sequence
};

Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return {};
  char32_t character = first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {};
    character = character << 6U | (byte(i) & 0x3FU);
  }
  const char32_t smallest = size == 2 ? 0x80 : size == 3 ? 0x800 : 0x10000;
  const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
  if (character < smallest || character > 0x10FFFF || surrogate) return {};
  return {character, size};
}

// Invisible, or obeyed by what displays it: C0 and C1 controls, zero-width and bidirectional marks, separators,
// noncharacters.
bool is_trouble(char32_t c) {
  if (c == '\n' || c == '\t') return false;
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0xAD || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0x061C || c == 0xFEFF ||
         (c >= 0xFFF0 && c <= 0xFFFC) || (c & 0xFFFEU) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF) || c >= 0xE0000;
}

// Length of a colour sequence ESC [ digits ; ... m at the start, or 0.
std::size_t colour_sequence(std::string_view text) {
  if (!text.starts_with("\x1b[")) return 0;
  const std::size_t end = text.find_first_not_of("0123456789;:", 2);
  return end != std::string_view::npos && (text[end] == 'm' || text[end] == 'K') ? end + 1 : 0;
}

}  // namespace

std::string harmless(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    if (const std::size_t colour = colour_sequence(text)) {
      text.remove_prefix(colour);
      continue;
    }
    if (text.starts_with("\r\n")) {
      text.remove_prefix(1);
      continue;
    }
    const Decoded next = decode(text);
    if (next.size == 0) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    } else if (is_trouble(next.character)) {
      out += next.character < 0x80 ? fmt::format("\\x{:02x}", static_cast<unsigned>(next.character))
                                   : fmt::format("\\u{{{:x}}}", static_cast<unsigned>(next.character));
    } else {
      out += text.substr(0, next.size);
    }
    text.remove_prefix(std::max<std::size_t>(next.size, 1));
  }
  return out;
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = decode(text).size;
    out += size == 0 ? std::string_view{"\xEF\xBF\xBD"} : text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t limit) {
  constexpr std::string_view kCut = "…";
  if (text.size() <= limit) return std::string{text};
  std::size_t end = limit > kCut.size() ? limit - kCut.size() : 0;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  return std::string{text.substr(0, end)}.append(kCut);
}

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t';
    if (!space) out += c;
    if (space && !out.empty() && out.back() != ' ') out += ' ';
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

namespace {

// Bytes of the first `count` characters.
std::size_t bytes_of(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  while (at < text.size() && count > 0) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80) ++at;
    --count;
  }
  return at;
}

}  // namespace

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> out;
  for (std::string_view line : lines_of(text)) {
    while (columns(line) > width) {
      const std::size_t fits = bytes_of(line, width);
      const std::size_t space = line.substr(0, fits + 1).rfind(' ');
      const bool at_space = space != std::string_view::npos && space > line.find_first_not_of(' ');
      const std::size_t cut = at_space ? space : fits;
      out.emplace_back(line.substr(0, cut));
      line.remove_prefix(at_space ? cut + 1 : cut);
    }
    out.emplace_back(line);
  }
  if (out.empty()) out.emplace_back();
  return out;
}

std::string padded(std::string_view text, std::size_t width) {
  const std::size_t now = columns(text);
  if (now > width) return std::string{text.substr(0, bytes_of(text, width > 0 ? width - 1 : 0))} + "…";
  return std::string{text} + std::string(width - now, ' ');
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string fingerprint(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{:016x}", hash);
}

}  // namespace grading
