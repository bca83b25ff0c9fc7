#include "testing/story_figure.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "testing/markup.hpp"
#include "testing/printable.hpp"
#include "testing/story_boxes.hpp"

namespace judge::detail {
namespace {

constexpr int kGutter = 64;      // for the steps' numbers and marks
constexpr int kHead = 56;        // for the names
constexpr int kFromLine = 16;    // from a thread's line to its boxes
constexpr int kFigure = 1040;    // the width that the threads' lines are spread for
constexpr int kNarrowest = 170;  // from one line to the next
constexpr int kColours = 4;      // that the style has for threads

std::string number(int value) { return std::to_string(value); }

struct Point {
  int x = 0;
  int y = 0;

  [[nodiscard]] std::string text() const { return number(x) + " " + number(y); }
};

std::string path(const std::string& kind, const std::string& way) {
  return element("path", {{"class", kind}, {"d", way}});
}

std::string text_at(const std::string& kind, Point at, std::string_view text) {
  return element("text", {{"class", kind}, {"x", number(at.x)}, {"y", number(at.y)}}, escaped(text));
}

class Figure {
 public:
  explicit Figure(const Story& story) : story_{story}, boxes_{boxes_of(story, kHead)}, heights_(story.steps.size()) {
    int widest = 0;
    for (const auto& box : boxes_) {
      if (box.thread != 0) widest = std::max(widest, box.width);
      bottom_ = box.top + box.height() + kFromLine;
      for (std::size_t row = box.rows.size(); row-- > 0;) {
        if (box.rows[row].part != Part::kFile) heights_[box.rows[row].step] = box.top + box.middle_of(row);
      }
    }
    if (count() > 1) {
      const int most = widest + 3 * kFromLine;  // more would only be empty
      pitch_ = std::max(kNarrowest, std::min(most, (kFigure - kGutter - widest) / (count() - 1)));
    }
    width_ = line_of(count()) + kNarrowest;
    for (const auto& box : boxes_) width_ = std::max(width_, left_of(box) + box.width + 1);
  }

  [[nodiscard]] std::string svg() const {
    std::string inside;
    for (int thread = 1; thread <= count(); ++thread) inside += line(thread);
    for (std::size_t i = 0; i < story_.steps.size(); ++i) inside += links_to(i);
    for (const auto& box : boxes_) inside += drawn(box);
    for (std::size_t i = 0; i < story_.steps.size(); ++i) inside += mark(i);
    return element("svg",
                   {{"xmlns", "http://www.w3.org/2000/svg"},
                    {"viewBox", "0 0 " + number(width_) + " " + number(bottom_)},
                    {"width", number(width_)},
                    {"height", number(bottom_)},
                    {"role", "group"},
                    {"aria-label", "What each of them did, in the order of time"}},
                   inside);
  }

 private:
  [[nodiscard]] int count() const { return static_cast<int>(story_.threads.size()); }
  [[nodiscard]] int line_of(int thread) const { return kGutter + pitch_ * std::max(thread - 1, 0); }
  [[nodiscard]] int left_of(const Box& box) const {
    return box.thread == 0 ? kGutter - kFromLine / 2 : line_of(box.thread) + kFromLine;
  }
  [[nodiscard]] Point point_of(std::size_t step) const { return {line_of(story_.steps[step].thread), heights_[step]}; }
  [[nodiscard]] static std::string colour_of(int thread) { return "t" + number((thread - 1) % kColours + 1); }

  [[nodiscard]] std::string line(int thread) const;
  [[nodiscard]] std::string links_to(std::size_t step) const;
  [[nodiscard]] std::string link(const std::string& kind, std::size_t from, std::size_t to) const;
  [[nodiscard]] std::string drawn(const Box& box) const;
  [[nodiscard]] std::string drawn(const Box& box, std::size_t row) const;
  [[nodiscard]] std::string mark(std::size_t index) const;

  const Story& story_;
  std::vector<Box> boxes_;
  std::vector<int> heights_;  ///< of each step
  int bottom_ = kHead;
  int pitch_ = 0;
  int width_ = 0;
};

/// A thread's name, and the line down from it.
std::string Figure::line(int thread) const {
  const int x = line_of(thread);
  const auto& name = story_.threads[static_cast<std::size_t>(thread) - 1];
  const auto room =
      thread == count() ? name.size() : static_cast<std::size_t>((pitch_ - 2 * kFromLine) / kCharacter - 1);
  return path("line " + colour_of(thread), "M" + Point{x, 30}.text() + "V" + number(bottom_)) +
         element("circle", {{"class", "end " + colour_of(thread)}, {"cx", number(x)}, {"cy", "20"}, {"r", "9"}}) +
         text_at("name", {x + kFromLine, 25}, cut(name, room));
}

/// Drawn along the left one of the two lines, where no box is in its way.
std::string Figure::link(const std::string& kind, std::size_t from, std::size_t to) const {
  const Point a = point_of(from);
  const Point b = point_of(to);
  const bool goes_right = a.x <= b.x;
  return path(kind, "M" + a.text() +
                        (goes_right ? "V" + number(b.y) + "H" + number(b.x) : "H" + number(b.x) + "V" + number(b.y)));
}

std::string Figure::links_to(std::size_t step) const {
  const auto& to = story_.steps[step];
  if (to.thread == 0) return "";
  std::string links;
  const auto missed = static_cast<std::size_t>(std::max(to.missed, 0));
  if (missed != 0 && missed <= step && story_.steps[missed - 1].thread != 0)
    links += link("link stale", missed - 1, step);
  for (std::size_t from = step; to.is_fault && !to.object.empty() && from-- > 0;) {
    const auto& other = story_.steps[from];
    if (!other.is_fault || other.object != to.object || other.thread == 0 || other.thread == to.thread) continue;
    return links + link("link fault", from, step);
  }
  return links;
}

std::string Figure::drawn(const Box& box) const {
  std::string kind{box.thread == 0 ? "box frame" : "box"};
  kind += box.is_fault ? " fault" : box.is_stale ? " stale" : "";
  std::string group = element("rect", {{"x", number(left_of(box))},
                                       {"y", number(box.top)},
                                       {"width", number(box.thread == 0 ? width_ - left_of(box) - 1 : box.width)},
                                       {"height", number(box.height())},
                                       {"rx", "6"}});
  for (std::size_t row = 0; row < box.rows.size(); ++row) group += drawn(box, row);
  return element("g", {{"class", std::move(kind)}}, group);
}

std::string Figure::drawn(const Box& box, std::size_t row) const {
  const auto& shown = box.rows[row];
  const auto& step = story_.steps[shown.step];
  const Point at{left_of(box) + shown.indent, box.top + box.middle_of(row) + 5};
  std::string drawing;
  if (!shown.label.empty()) drawing += text_at("label", {at.x - kCharacter, at.y}, shown.label);
  if (shown.part == Part::kFile) return drawing + text_at("file", at, shown.text);
  if (shown.part == Part::kOutcome) {
    return drawing + text_at(step.is_fault   ? "outcome fault"
                             : step.is_stale ? "outcome stale"
                                             : "outcome",
                             at, shown.text);
  }
  if (shown.text.empty()) return drawing;
  // Whatever font the reader has, the text is as wide as its box was made for.
  return drawing + element("text",
                           {{"class", "source"},
                            {"x", number(at.x)},
                            {"y", number(at.y)},
                            {"textLength", number(kCharacter * static_cast<int>(width_of(shown.text)))},
                            {"lengthAdjust", "spacingAndGlyphs"},
                            {"xml:space", "preserve"}},
                           escaped(shown.text));
}

/// The step's number, and its place on its thread's line.
std::string Figure::mark(std::size_t index) const {
  const auto& step = story_.steps[index];
  const Point at = point_of(index);
  const std::string kind = step.is_fault ? " fault" : step.is_stale ? " stale" : "";
  const std::string mark = step.is_fault ? "✗ " : step.is_stale ? "! " : "";
  const std::string text = text_at("number" + kind, {kGutter - kFromLine, at.y + 5}, mark + std::to_string(index + 1));
  if (step.thread == 0) return text;
  return text + element("circle", {{"class", "dot " + colour_of(step.thread) + kind},
                                   {"cx", number(at.x)},
                                   {"cy", number(at.y)},
                                   {"r", step.is_fault ? "7" : "5"}});
}

}  // namespace

std::string figure_of(const Story& story) { return Figure{story}.svg(); }

}  // namespace judge::detail
