#include "testing/story_rows.hpp"

#include <algorithm>
#include <utility>

#include "testing/printable.hpp"

namespace judge::detail {
namespace {

using Lines = std::vector<std::string>;

constexpr std::size_t kLinesOfOutcome = 3;

std::string without(std::string text, std::string_view what) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at)) text.erase(at, what.size());
  return text;
}

/// The source in so many characters: without what goes without saying, then without its middle. Its end is what tells
/// a relaxed access from an acquire.
std::string squeezed(std::string source, std::size_t width) {
  for (const auto* dispensable : {"std::memory_order_", "std::"}) {
    if (width_of(source) > width) source = without(std::move(source), dispensable);
  }
  return cut_inside(source, width);
}

std::size_t digits_of(int number) { return std::to_string(number).size(); }

/// Where the steps end that are all shown, or all not, from this one on.
std::size_t end_of_run(const Shown& shown, std::size_t first) {
  return static_cast<std::size_t>(
      std::find(shown.begin() + static_cast<std::ptrdiff_t>(first), shown.end(), !shown[first]) - shown.begin());
}

}  // namespace

Rows::Rows(const Story& story, const Columns& columns)
    : story_{story}, columns_{columns}, names_files_{only_file(story).empty()} {}

Lines Rows::of(const Shown& shown) const {
  Lines lines;
  Before before{Lines(story_.threads.size() + 1)};
  for (std::size_t i = 0; i < shown.size();) {
    const std::size_t end = end_of_run(shown, i);
    if (!shown[i]) lines.push_back(fold(i, end));
    for (; i < end; ++i) {
      if (shown[i]) add(lines, i, texts_at(i, before));
    }
    before.shows_last = shown[end - 1];
  }
  return lines;
}

int Rows::height(const Shown& shown) const {
  std::size_t height = 0;
  Before before{Lines(story_.threads.size() + 1)};
  for (std::size_t i = 0; i < shown.size();) {
    const std::size_t end = end_of_run(shown, i);
    if (!shown[i]) ++height;
    for (; i < end; ++i) {
      if (shown[i]) height += texts_at(i, before).size();
    }
    before.shows_last = shown[end - 1];
  }
  return static_cast<int>(height);
}

/// The texts of a step that is shown, of which there is at least one.
Lines Rows::texts_at(std::size_t index, Before& before) const {
  const auto& step = story_.steps[index];
  auto& file = before.files[static_cast<std::size_t>(step.thread)];
  const bool goes_on = before.shows_last && shares_line(story_.steps[index - 1], step);
  auto texts = texts_of(step, goes_on ? "" : place_of(step, file) + step.source);
  if (texts.empty()) texts.emplace_back();
  file = step.file;
  before.shows_last = true;
  return texts;
}

std::string Rows::fold(std::size_t first, std::size_t last) const {
  const int thread = story_.steps[first].thread;
  const auto is_its = [thread](const StoryStep& step) { return step.thread == thread; };
  const auto begin = story_.steps.begin();
  const bool is_one =
      std::all_of(begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(last), is_its);
  return columns_.row("", "", is_one ? thread : 0, folded(story_, first, last));
}

/// "82  ", after the file's name when the column was in another one before.
std::string Rows::place_of(const StoryStep& step, const std::string& last_file) const {
  if (step.line == 0) return "";
  const std::string line = std::to_string(step.line) + "  ";
  return names_files_ && !step.file.empty() && step.file != last_file ? step.file + ":" + line : line;
}

/// The source, unless the step before shows it, and what it came to, beside it or below.
Lines Rows::texts_of(const StoryStep& step, const std::string& source) const {
  const bool is_alone = step.line == 0 && source.empty();
  const std::string outcome = step.text.empty() || is_alone ? step.text : "→ " + step.text;
  const std::size_t reach = columns_.reach(step.thread);
  Lines texts;
  if (!source.empty()) {
    const std::size_t room = width_of(source) > columns_.room() ? reach : columns_.room();
    texts.push_back(width_of(source) > columns_.room() ? squeezed(source, room) : source);
    if (outcome.empty()) return texts;
    const std::string beside = texts.front() + (texts.front().back() == ' ' ? "" : "  ") + outcome;
    if (width_of(beside) <= columns_.room()) return {beside};
  }
  const std::size_t indent = step.line == 0 ? 0 : digits_of(step.line) + 2;
  for (const auto& line : wrapped(outcome, reach > indent ? reach - indent : 1, kLinesOfOutcome)) {
    texts.push_back(std::string(indent, ' ') + line);
  }
  return texts;
}

void Rows::add(Lines& lines, std::size_t index, const Lines& texts) const {
  const auto& step = story_.steps[index];
  std::string number = std::to_string(index + 1);
  std::string mark = std::string{step.is_fault ? "✗" : " "} + (step.is_stale ? "!" : " ");
  for (const auto& text : texts) {
    lines.push_back(columns_.row(std::exchange(number, ""), std::exchange(mark, ""), step.thread, text));
  }
}

}  // namespace judge::detail
