#include "testing/story_columns.hpp"

#include <algorithm>

#include "testing/printable.hpp"

namespace judge::detail {
namespace {

constexpr std::size_t kMark = 4;   // a blank, two marks, a blank
constexpr std::size_t kLine = 2;   // a column's line and a blank
constexpr std::size_t kWide = 58;  // characters that most lines of source get by with

void pad(std::string& line, std::size_t width) {
  const std::size_t has = width_of(line);
  if (has < width) line.append(width - has, ' ');
}

std::size_t less(std::size_t from, std::size_t what) { return from > what ? from - what : 1; }

}  // namespace

Columns::Columns(const Story& story, int width)
    : names_{story.threads},
      width_{static_cast<std::size_t>(std::max(width, 1))},
      digits_{std::max<std::size_t>(2, std::to_string(story.steps.size()).size())},
      pitch_{0} {
  const std::size_t columns = names_.size();
  if (columns < 2) return;
  const std::size_t all = less(width_, digits_ + kMark);
  const std::size_t last = std::max(all / columns, std::min(kWide, all * 6 / 10));
  pitch_ = std::max<std::size_t>((all - last) / (columns - 1), 1);
}

std::size_t Columns::start_of(int thread) const {
  return digits_ + kMark + pitch_ * static_cast<std::size_t>(std::max(thread, 1) - 1);
}

std::size_t Columns::reach(int thread) const { return less(width_, start_of(thread) + kLine); }

std::size_t Columns::room() const { return reach(count()); }

std::string Columns::heading() const {
  std::string line;
  for (int thread = 1; thread <= count(); ++thread) {
    pad(line, start_of(thread));
    line += cut(names_[static_cast<std::size_t>(thread) - 1], thread == count() ? reach(thread) : less(pitch_, 1));
  }
  return cut(line, width_);
}

std::string Columns::row(std::string_view number, std::string_view mark, int thread, std::string_view text) const {
  std::string line(digits_ - std::min(digits_, number.size()), ' ');
  line.append(number).append(" ").append(mark);
  for (int left = 1; left < thread; ++left) {
    pad(line, start_of(left));
    line += "│";
  }
  pad(line, start_of(thread));
  line.append(thread != 0 ? "┃ " : number.empty() ? "  " : "─ ").append(text);
  for (int right = std::max(thread, 0) + 1; thread != 0 && right <= count(); ++right) {
    if (width_of(line) >= start_of(right)) continue;
    pad(line, start_of(right));
    line += "│";
  }
  return cut(line.substr(0, line.find_last_not_of(' ') + 1), width_);
}

}  // namespace judge::detail
