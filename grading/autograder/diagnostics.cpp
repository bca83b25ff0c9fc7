#include "diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <regex>

#include "text.hpp"

namespace grading {
namespace {

constexpr std::size_t kLongest = 300;
constexpr std::size_t kMost = 20;

struct Place {
  std::string file;
  std::string line;
};

// "some/path/spsc_ring.hpp:42:10: rest", also inside "In file included from ...:42,".
std::optional<Place> place_in(std::string_view text, const Rubric& rubric) {
  for (const std::string& file : rubric.files) {
    for (std::size_t at = text.find(file); at != std::string_view::npos; at = text.find(file, at + 1)) {
      const std::size_t digits = at + file.size() + 1;
      const bool whole_name = at == 0 || text[at - 1] == '/' || text[at - 1] == ' ';
      if (!whole_name || digits > text.size() || text[digits - 1] != ':') continue;
      const std::size_t end = std::min(text.find_first_not_of("0123456789", digits), text.size());
      if (end > digits) return Place{file, std::string{text.substr(digits, end - digits)}};
    }
  }
  return std::nullopt;
}

void add_once(std::vector<std::string>& list, std::string text) {
  if (list.size() < kMost && std::ranges::find(list, text) == list.end()) list.push_back(std::move(text));
}

}  // namespace

Diagnostics read_diagnostics(std::string_view log, const Rubric& rubric) {
  Diagnostics result;
  std::vector<std::string> elsewhere;
  std::optional<Place> way;  // the student's line through which the compiler came to the next message
  for (const std::string_view line : lines_of(log)) {
    const std::size_t error = std::min(line.find(" error: "), line.find(" fatal error: "));
    const std::size_t warning = line.find(" warning: ");
    const auto here = place_in(line.substr(0, std::min({error, warning, line.size()})), rubric);
    if (error == std::string_view::npos && warning == std::string_view::npos) {
      if (here) way = here;
      continue;
    }
    const bool is_error = error != std::string_view::npos;
    const std::size_t text = line.find(": ", is_error ? error : warning) + 2;
    const std::string message = shortened(one_line(harmless(line.substr(text))), kLongest);
    const auto at = here ? here : way;
    const std::string shown = at ? fmt::format("{}:{}: {}", at->file, at->line, message) : message;
    if (is_error) {
      add_once(here ? result.errors : elsewhere, shown);
    } else if (here) {
      add_once(result.warnings, shown);
    }
    way.reset();
  }
  for (std::string& error : elsewhere) add_once(result.errors, std::move(error));
  return result;
}

std::vector<std::string> link_errors(std::string_view output) {
  // Names in lab:: are what a student defines; main is what a student must not. (lld's words, and those of GNU ld.)
  static const std::regex kUndefined{
      R"((?:undefined symbol: |undefined reference to [`'‘])((?:[^`']*\blab::)[^`'’]*))"};
  static const std::regex kTwice{R"((?:duplicate symbol: |multiple definition of [`'‘])([^`'’]*))"};
  std::vector<std::string> result;
  for (const std::string_view view : lines_of(output)) {
    if (view.size() > 4096) continue;
    const std::string line{view};
    std::smatch match;
    if (std::regex_search(line, match, kUndefined)) {
      add_once(result, fmt::format("{} is declared, but your file does not define it", harmless(match[1].str())));
    } else if (std::regex_search(line, match, kTwice)) {
      add_once(result, fmt::format("{} is defined twice: by your file and by the course", harmless(match[1].str())));
    }
  }
  return result;
}

}  // namespace grading
