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

std::optional<Frame> frame_of(const std::string& line, const Rubric& rubric) {
  static const std::regex kSanitizer{
      R"(^\s+#\d+ (?:0x[0-9a-f]+ in )?(.*?) ((?:/|\.\./|[A-Za-z_])[^()]*?):(\d+)(?::\d+)?(?: \(.*\))?\s*$)"};
  static const std::regex kNoSource{R"(^\s+#\d+ (?:0x[0-9a-f]+ in )?(.*?) \(.*\)\s*$)"};
  static const std::regex kMemcheck{R"(^==\d+==\s+(?:at|by) 0x[0-9A-F]+: (.*) \(([^()]+):(\d+)\)\s*$)"};
  static const std::regex kMemcheckNoSource{R"(^==\d+==\s+(?:at|by) 0x[0-9A-F]+: (.*?)(?: \(in .*\))?\s*$)"};
  std::smatch match;
  if (std::regex_match(line, match, kSanitizer) || std::regex_match(line, match, kMemcheck)) {
    return frame_at(match[1], match[2], match[3], rubric);
  }
  if (std::regex_match(line, match, kNoSource) || std::regex_match(line, match, kMemcheckNoSource)) {
    Frame frame;
    frame.function = short_function(match[1].str());
    return frame;
  }
  return std::nullopt;
}

// The first line of a finding, without process id and tool.
std::optional<Block> head_of(const std::string& line) {
  static const std::regex kSanitizer{R"((?:WARNING|ERROR): (?:Thread|Address|Leak|Memory)Sanitizer: (.*))"};
  static const std::regex kUndefined{R"((\S+:\d+:\d+: runtime error: .*))"};
  static const std::regex kMemcheck{R"(^==\d+== (\S.*))"};
  std::smatch match;
  if (std::regex_search(line, match, kUndefined)) return Block{Block::Tool::kUndefined, match[1], {}};
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
  const auto found = std::ranges::find_if(stacks, [&](const Stack& stack) { return stack.caption.find(words) != std::string::npos; });
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
  for (const std::string_view view : lines_of(report)) {
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
