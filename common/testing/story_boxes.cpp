#include "testing/story_boxes.hpp"

#include <algorithm>

#include "testing/printable.hpp"
#include "testing/story_fold.hpp"

namespace judge::detail {
namespace {

constexpr int kRow = 20;
constexpr int kGap = 12;
constexpr int kDigits = 5 * kCharacter;  // room for the number of a line
constexpr std::size_t kWidest = 96;      // characters of an outcome before it is wrapped
constexpr std::size_t kLongest = 100;    // lines of it

int box_width(const Box& box) {
  int widest = 0;
  for (const auto& row : box.rows) {
    widest = std::max(widest, row.indent + kCharacter * static_cast<int>(width_of(row.text)));
  }
  return widest + kPadding;
}

void add_source(Box& box, const StoryStep& step, std::size_t index, bool names_file) {
  if (names_file) box.rows.push_back({Part::kFile, "", step.file, index, kPadding});
  const std::string label = step.line == 0 ? "" : std::to_string(step.line);
  if (!label.empty() || !step.source.empty())
    box.rows.push_back({Part::kSource, label, step.source, index, kPadding + kDigits});
}

void add_outcome(Box& box, const StoryStep& step, std::size_t index) {
  const bool is_alone = box.rows.empty();
  bool is_first = true;
  for (const auto& line : wrapped(step.text, kWidest, kLongest)) {
    box.rows.push_back(
        {Part::kOutcome, is_first && !is_alone ? "→" : "", line, index, is_alone ? kPadding : kPadding + kDigits});
    is_first = false;
  }
}

}  // namespace

int Box::height() const { return static_cast<int>(std::max<std::size_t>(rows.size(), 1)) * kRow + kPadding; }

int Box::middle_of(std::size_t row) const { return kPadding / 2 + static_cast<int>(row) * kRow + kRow / 2; }

std::vector<Box> boxes_of(const Story& story, int top) {
  std::vector<Box> boxes;
  std::vector<std::string> files(story.threads.size() + 1);  // the one that each thread was in last
  for (std::size_t i = 0; i < story.steps.size(); ++i) {
    const auto& step = story.steps[i];
    auto& file = files[static_cast<std::size_t>(step.thread)];
    if (i == 0 || !shares_line(story.steps[i - 1], step)) {
      boxes.emplace_back().thread = step.thread;
      add_source(boxes.back(), step, i, !step.file.empty() && step.file != file);
    }
    file = step.file;
    auto& box = boxes.back();
    add_outcome(box, step, i);
    box.is_fault |= step.is_fault;
    box.is_stale |= step.is_stale;
  }
  for (auto& box : boxes) {
    box.top = top;
    box.width = box_width(box);
    top += box.height() + kGap;
  }
  return boxes;
}

}  // namespace judge::detail
