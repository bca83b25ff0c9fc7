#include "frames.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <regex>

#include "text.hpp"

namespace grading {
namespace {

constexpr std::size_t kLongestLine = 2000;  // std::regex recurses; no honest line is longer
constexpr std::size_t kMostBlocks = 200;
constexpr std::size_t kLongestReport = std::size_t{512} << 10;  // the first findings are what matters

int number(const std::string& digits) {
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

Frame frame_at(const std::string& signature, const std::string& path, const std::string& line, const Rubric& rubric) {
  Frame frame;
  frame.function = short_function(signature);
  frame.file = path.substr(path.find_last_of('/') + 1);
  frame.line = number(line);
  frame.students = rubric.is_editable(frame.file);
  // memcheck gives base names alone: what is neither the student's nor plainly ours is known by its function.
  frame.systems = path.starts_with("/usr/") || path.starts_with("../") || path.find("/sysdeps/") != std::string::npos ||
                  signature.starts_with("std::") || signature.starts_with("__") || frame.file.ends_with(".S") ||
                  frame.file.ends_with(".c");
  return frame;
}

// "path:42" or "path:42:10"; false when there is no line number.
bool split_place(std::string_view place, std::string_view& path, std::string_view& line) {
  const auto is_number = [](std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const std::size_t last = place.rfind(':');
  if (last == std::string_view::npos || last == 0 || !is_number(place.substr(last + 1))) return false;
  const std::size_t before = place.rfind(':', last - 1);
  const bool column = before != std::string_view::npos && is_number(place.substr(before + 1, last - before - 1));
  const std::size_t colon = column ? before : last;
  path = place.substr(0, colon);
  line = column ? place.substr(before + 1, last - before - 1) : place.substr(last + 1);
  return !path.empty();
}

Frame frame_without_source(std::string_view signature) {
  Frame frame;
  frame.function = short_function(signature);
  return frame;
}

// "    #0 0x4f in lab::put(long) /x/ring.hpp:42:3 (suite+0x1)". By hand: a regular expression over hostile lines is
// slow.
std::optional<Frame> sanitizer_frame(std::string_view line, const Rubric& rubric) {
  const std::size_t start = line.find_first_not_of(" \t");
  if (start == 0 || start == std::string_view::npos || line[start] != '#') return std::nullopt;
  const std::size_t digits = line.find_first_not_of("0123456789", start + 1);
  if (digits == start + 1 || digits == std::string_view::npos || line[digits] != ' ') return std::nullopt;
  std::string_view rest = line.substr(digits + 1);
  if (const std::size_t in = rest.find(" in "); rest.starts_with("0x") && in != std::string_view::npos)
    rest.remove_prefix(in + 4);
  const std::size_t module = rest.rfind(" (");
  const std::string_view whole = rest;
  if (rest.ends_with(')') && module != std::string_view::npos) rest = rest.substr(0, module);
  std::string_view path;
  std::string_view number;
  const std::size_t space = rest.rfind(' ');
  if (space != std::string_view::npos && split_place(rest.substr(space + 1), path, number)) {
    return frame_at(std::string{rest.substr(0, space)}, std::string{path}, std::string{number}, rubric);
  }
  return frame_without_source(whole);
}

// "==12==    at 0x1091A: lab::put(long) (ring.hpp:42)".
std::optional<Frame> memcheck_frame(std::string_view line, const Rubric& rubric) {
  if (!line.starts_with("==")) return std::nullopt;
  const std::size_t mark = line.find("==", 2);
  if (mark == std::string_view::npos) return std::nullopt;
  line.remove_prefix(mark + 2);
  const std::size_t start = line.find_first_not_of(' ');
  if (start == std::string_view::npos) return std::nullopt;
  line.remove_prefix(start);
  if (!line.starts_with("at 0x") && !line.starts_with("by 0x")) return std::nullopt;
  const std::size_t colon = line.find(": ");
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view rest = line.substr(colon + 2);
  const std::size_t open = rest.rfind(" (");
  std::string_view path;
  std::string_view number;
  if (open != std::string_view::npos && rest.ends_with(')') &&
      split_place(rest.substr(open + 2, rest.size() - open - 3), path, number)) {
    return frame_at(std::string{rest.substr(0, open)}, std::string{path}, std::string{number}, rubric);
  }
  return frame_without_source(rest);
}

std::optional<Frame> frame_of(const std::string& line, const Rubric& rubric) {
  auto frame = sanitizer_frame(line, rubric);
  return frame ? frame : memcheck_frame(line, rubric);
}

// The first line of a finding, without process id and tool.
std::optional<Block> head_of(const std::string& line) {
  static const std::regex kSanitizer{R"((?:WARNING|ERROR): (?:Thread|Address|Leak|Memory)Sanitizer: (.*))"};
  static const std::regex kUndefined{R"((\S+:\d+:\d+: runtime error: .*))"};
  static const std::regex kMemcheck{R"(^==\d+== (\S.*))"};
  std::smatch match;
  if (line.find(": runtime error: ") != std::string::npos && std::regex_search(line, match, kUndefined))
    return Block{Block::Tool::kUndefined, match[1], {}};
  if (std::regex_search(line, match, kSanitizer)) return Block{Block::Tool::kSanitizer, match[1], {}};
  if (std::regex_search(line, match, kMemcheck)) return Block{Block::Tool::kMemcheck, match[1], {}};
  return std::nullopt;
}

std::string without_mark(const std::string& line) {
  static const std::regex kMark{R"(^==\d+==\s*)"};
  return one_line(std::regex_replace(line, kMark, "", std::regex_constants::format_first_only));
}

}  // namespace

std::string short_function(std::string_view signature) {
  // The enclosing function of a lambda, however deep.
  signature = signature.substr(0, std::min(signature.find("::{lambda"), signature.find("::operator()")));
  int depth = 0;
  std::string name;
  for (const char c : signature) {
    if (c == '<') ++depth;
    if (depth == 0 && c == '(' && !name.empty()) break;
    if (depth == 0 && c == ' ') name.clear();  // a return type, "long"
    if (depth == 0 && c != ' ' && c != '>') name += c;
    if (c == '>') depth = std::max(depth - 1, 0);
  }
  if (name == "operator") return "a lambda";
  const std::size_t colons = name.rfind("::");
  return colons == std::string::npos ? name : name.substr(colons + 2);
}

const Stack* Block::captioned(std::string_view words) const {
  const auto found =
      std::ranges::find_if(stacks, [&](const Stack& stack) { return stack.caption.find(words) != std::string::npos; });
  return found == stacks.end() ? nullptr : &*found;
}

std::string place_of(const Stack& stack) {
  const auto show = [](const Frame& frame) {
    const std::string by = frame.function.empty() ? "" : fmt::format(" ({})", frame.function);
    return fmt::format("{}:{}{}", frame.file, frame.line, by);
  };
  for (const Frame& frame : stack.frames) {
    if (frame.students) return show(frame);
  }
  for (const Frame& frame : stack.frames) {
    if (!frame.file.empty() && !frame.systems) return show(frame);
  }
  return "";
}

std::vector<Block> take_apart(std::string_view report, const Rubric& rubric) {
  std::vector<Block> blocks;
  bool in_stack = false;
  for (const std::string_view view : lines_of(report.substr(0, kLongestReport))) {
    const std::string line{view.substr(0, kLongestLine)};
    if (auto head = head_of(line)) {
      if (blocks.size() == kMostBlocks) break;
      blocks.push_back(std::move(*head));
      in_stack = false;
      continue;
    }
    if (blocks.empty()) continue;
    std::vector<Stack>& stacks = blocks.back().stacks;
    if (auto frame = frame_of(line, rubric)) {
      if (!in_stack && (stacks.empty() || !stacks.back().frames.empty())) stacks.emplace_back();
      stacks.back().frames.push_back(std::move(*frame));
      in_stack = true;
    } else if (const std::string caption = without_mark(line); !caption.empty()) {
      stacks.push_back({caption, {}});
      in_stack = false;
    } else {
      in_stack = false;
    }
  }
  return blocks;
}

}  // namespace grading
