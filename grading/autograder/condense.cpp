#include "condense.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <regex>

#include "frames.hpp"
#include "text.hpp"

namespace grading {
namespace {

constexpr std::size_t kMostFindings = 5;

std::string first_place(const Block& block) {
  for (const Stack& stack : block.stacks) {
    if (const std::string place = place_of(stack); !place.empty()) return place;
  }
  return "";
}

std::string at(const std::string& place) { return place.empty() ? "" : " at " + place; }

std::string bytes(const std::string& count) { return count + (count == "1" ? " byte" : " bytes"); }

// "Write of size 8 at 0x.. by thread T1 (mutexes: ..)": who did what.
struct Access {
  std::string what;  // "write", "atomic read"
  std::string who;   // "T1"
};

bool read_access(const std::string& caption, Access& access) {
  static const std::regex kAccess{
      R"(^(?:Previous )?((?:atomic )?(?:write|read)) of size \d+ at \S+ by (main thread|thread (T\d+)))",
      std::regex::icase};
  std::smatch match;
  if (!std::regex_search(caption, match, kAccess)) return false;
  access.what = match[1];
  for (char& c : access.what) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  access.who = match[3].matched ? match[3].str() : "main";
  return true;
}

// Threads that were given a name: "Thread T1 'producer' (tid=..".
std::map<std::string, std::string> thread_names(const Block& block) {
  static const std::regex kNamed{R"(^Thread (T\d+) '([^']*)')"};
  std::map<std::string, std::string> names;
  for (const Stack& stack : block.stacks) {
    std::smatch match;
    if (std::regex_search(stack.caption, match, kNamed)) names[match[1]] = match[2];
  }
  return names;
}

std::string race(const Block& block) {
  const auto names = thread_names(block);
  std::vector<std::string> sides;
  for (const Stack& stack : block.stacks) {
    Access access;
    if (!read_access(stack.caption, access)) continue;
    const std::string place = place_of(stack);
    const auto name = names.find(access.who);
    const bool telling = name != names.end() && name->second.find("suite") == std::string::npos;
    sides.push_back(access.what + (place.empty() ? " at an unknown place" : " at " + place) +
                    (telling ? " by the " + name->second : ""));
  }
  return "race: " + joined(sides, ", ");
}

std::string heap_story(const Block& block) {
  std::string story;
  if (const Stack* freed = block.captioned("freed by thread")) story += ", freed" + at(place_of(*freed));
  const Stack* made = block.captioned("allocated by thread");
  if (made != nullptr && story.empty()) story += ", the memory was allocated" + at(place_of(*made));
  return story;
}

std::string address_error(const Block& block) {
  static const std::regex kAccess{R"(^(READ|WRITE) of size (\d+))"};
  static const std::regex kSignal{R"(caused by a (READ|WRITE) memory access)"};
  std::string kind = block.head.substr(0, block.head.find(" on "));
  if (kind.starts_with("attempting ")) kind.erase(0, 11);
  std::string access;
  for (const Stack& stack : block.stacks) {
    std::smatch match;
    if (std::regex_search(stack.caption, match, kAccess)) {
      access = (match[1] == "READ" ? " read of " : " write of ") + bytes(match[2]);
    } else if (std::regex_search(stack.caption, match, kSignal)) {
      access = match[1] == "READ" ? " read" : " write";
    }
  }
  return kind + ":" + access + at(first_place(block)) + heap_story(block);
}

std::vector<std::string> leaks(const Block& block) {
  static const std::regex kLeak{R"(^(?:Direct|Indirect) leak of (\d+) byte)"};
  std::vector<std::string> result;
  for (const Stack& stack : block.stacks) {
    std::smatch match;
    if (std::regex_search(stack.caption, match, kLeak)) {
      result.push_back("leak: " + bytes(match[1]) + " allocated" + at(place_of(stack)));
    }
  }
  return result;
}

std::string undefined_behaviour(const Block& block) {
  static const std::regex kHead{R"(^(?:.*/)?([^/:]+):(\d+):\d+: runtime error: (.*)$)"};
  std::smatch match;
  if (!std::regex_match(block.head, match, kHead)) return block.head;
  const std::string place = first_place(block);
  return fmt::format("undefined behaviour at {}: {}", place.empty() ? match[1].str() + ":" + match[2].str() : place,
                     match[3].str());
}

std::string memcheck_story(const Block& block) {
  static const std::regex kBlock{R"(is (.*) a block of size ([\d,]+) (alloc|free)'d)"};
  for (const Stack& stack : block.stacks) {
    std::smatch match;
    if (!std::regex_search(stack.caption, match, kBlock)) continue;
    if (match[3] == "free") return ", in memory freed" + at(place_of(stack));
    return fmt::format(", {} a block of {} allocated{}", match[1].str(), bytes(match[2]), at(place_of(stack)));
  }
  return "";
}

// Empty for lines of memcheck's that are no finding.
std::string memcheck_error(const Block& block) {
  static const std::regex kAccess{R"(^Invalid (read|write) of size (\d+))"};
  static const std::regex kLost{R"(^([\d,]+) (?:\([^)]*\) )?bytes in [\d,]+ blocks are (\w+) lost)"};
  static const std::regex kSyscall{R"(^Syscall param (\S+) (points to|contains) uninitialised)"};
  static const std::regex kOpen{R"(^Open (?:file descriptor|\S+ socket) (\d+):\s*(.*))"};
  static const std::regex kSignal{R"(^Process terminating with default action of signal \d+ \((\w+)\))"};
  const std::string place = at(first_place(block));
  std::smatch match;
  const auto head_is = [&](const std::regex& pattern) { return std::regex_search(block.head, match, pattern); };
  if (head_is(kAccess))
    return fmt::format("invalid {} of {}{}{}", match[1].str(), bytes(match[2]), place, memcheck_story(block));
  if (head_is(kLost)) return "leak: " + bytes(match[1]) + " allocated" + place;
  if (head_is(kSyscall)) return fmt::format("uninitialised bytes given to {}{}", match[1].str(), place);
  if (head_is(kSignal)) return fmt::format("crash: {}{}", match[1].str(), place);
  if (head_is(kOpen)) {
    return place.empty() ? "" : fmt::format("descriptor {} left open{}", match[1].str(), place);
  }
  if (block.head.starts_with("Conditional jump")) return "uninitialised value decides a branch" + place;
  if (block.head.starts_with("Use of uninitialised")) return "uninitialised value used" + place;
  if (block.head.starts_with("Invalid free")) return "freed twice, or never allocated," + place + memcheck_story(block);
  return place.empty() ? "" : block.head + place;
}

std::vector<std::string> findings_of(const Block& block) {
  if (block.tool == Block::Tool::kUndefined) return {undefined_behaviour(block)};
  if (block.tool == Block::Tool::kMemcheck) return {memcheck_error(block)};
  if (block.head.starts_with("detected memory leaks")) return leaks(block);
  if (block.head.starts_with("data race")) return {race(block)};
  if (block.head.find(" on ") != std::string::npos) return {address_error(block)};
  static const std::regex kPid{R"( \(pid=\d+\)$)"};
  return {std::regex_replace(block.head, kPid, "") + ":" + at(first_place(block))};
}

}  // namespace

std::vector<std::string> condense(std::string_view report, const Rubric& rubric) {
  std::vector<std::string> findings;
  for (const Block& block : take_apart(report, rubric)) {
    for (const std::string& finding : findings_of(block)) {
      const std::string text = shortened(one_line(harmless(finding)), 300);
      if (!text.empty() && std::ranges::find(findings, text) == findings.end()) findings.push_back(text);
    }
  }
  if (findings.empty() && report.find("Valgrind's memory management: out of memory") != std::string_view::npos)
    findings.emplace_back("memcheck itself ran out of memory");
  if (findings.empty() && !one_line(harmless(report)).empty())
    findings.emplace_back("a finding at no line of yours; see the log");
  if (findings.size() > kMostFindings) {
    const std::size_t more = findings.size() - kMostFindings;
    findings.resize(kMostFindings);
    findings.push_back(fmt::format("and {} more in the log", more));
  }
  return findings;
}

std::vector<std::string> condense_stacks(std::string_view stacks, const Rubric& rubric) {
  static const std::regex kThread{R"(^(thread \d+).* stood in)"};
  static const std::regex kFrame{R"(^\s+(.*) \(([^():]+):(\d+)\)\s*$)"};
  std::vector<std::string> result;
  std::string thread;
  for (const std::string_view view : lines_of(stacks)) {
    const std::string line{view.substr(0, 2000)};
    std::smatch match;
    if (std::regex_search(line, match, kThread)) {
      thread = match[1];
    } else if (std::regex_match(line, match, kFrame) && rubric.is_editable(match[2])) {
      if (thread.empty() && !result.empty()) continue;
      result.push_back(fmt::format("{}stood at {}:{} ({})", thread.empty() ? "" : thread + " ", match[2].str(),
                                   match[3].str(), short_function(match[1].str())));
      thread.clear();
    }
    if (result.size() == kMostFindings) break;
  }
  return result;
}

}  // namespace grading
