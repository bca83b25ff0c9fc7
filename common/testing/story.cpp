#include "testing/story.hpp"

#include <algorithm>

#include "testing/printable.hpp"
#include "testing/story_columns.hpp"
#include "testing/story_fold.hpp"
#include "testing/story_rows.hpp"

namespace judge {
namespace {

using detail::Columns;
using detail::cut;
using detail::Rows;
using detail::Shown;
using detail::wrapped;
using Lines = std::vector<std::string>;

void add_wrapped(Lines& lines, std::string_view first, const std::string& text, std::size_t columns, std::size_t most) {
  const std::size_t indent = 2;
  for (auto& line : wrapped(text, columns > indent ? columns - indent : 1, most)) {
    lines.push_back(cut(std::string{first} + line, columns));
    first = "  ";
  }
}

/// What went wrong, why it can, and how to see it again.
Lines moral(const Story& story, std::size_t columns) {
  Lines lines;
  add_wrapped(lines, "✗ ", story.what, columns, 5);
  add_wrapped(lines, "  ", story.because, columns, 6);
  std::string repeat = story.extent.empty() ? "" : "Found " + story.extent + ".";
  if (!story.schedule.empty()) repeat += (repeat.empty() ? "Schedule: " : " Schedule: ") + story.schedule;
  add_wrapped(lines, "  ", repeat, columns, 4);
  return lines;
}

Lines steps_of(const Story& story, int columns, int most) {
  if (story.steps.empty()) return {};
  const Columns sheet{story, columns};
  Lines lines;
  if (const auto file = detail::only_file(story); !file.empty())
    lines.push_back(cut(file, static_cast<std::size_t>(columns)));
  lines.push_back(sheet.heading());
  most -= static_cast<int>(lines.size()) + 1;  // an empty line at the end
  const Rows rows{story, sheet};
  const auto shown = detail::chosen(story, most, [&rows](const Shown& some) { return rows.height(some); });
  const auto told = rows.of(shown);
  if (static_cast<int>(told.size()) > most) return {};
  lines.insert(lines.end(), told.begin(), told.end());
  lines.emplace_back();
  return lines;
}

}  // namespace

std::string told(const Story& story, int columns, int lines) {
  if (story.empty()) return "";
  columns = std::max(columns, 1);
  const Story printable = detail::made_printable(story);
  const auto end = moral(printable, static_cast<std::size_t>(columns));
  auto all = steps_of(printable, columns, lines - static_cast<int>(end.size()));
  all.insert(all.end(), end.begin(), end.end());
  all.resize(std::min(all.size(), static_cast<std::size_t>(std::max(lines, 0))));
  std::string text;
  for (const auto& line : all) text += line + "\n";
  return text;
}

}  // namespace judge
