#include "testing/story_fold.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include "testing/printable.hpp"

namespace judge::detail {
namespace {

/// After so many steps in turn that found no room, the rest is not tried.
constexpr int kPatience = 200;

std::set<std::string> objects_that_matter(const Story& story) {
  std::set<std::string> objects;
  for (const auto& step : story.steps) {
    if ((step.is_fault || step.is_stale) && !step.object.empty()) objects.insert(step.object);
  }
  return objects;
}

/// For each step, whether a later one is just the same.
std::vector<bool> repetitions(const Story& story) {
  std::set<std::tuple<int, std::string_view, int, std::string_view>> seen;
  std::vector<bool> result(story.steps.size());
  for (std::size_t i = story.steps.size(); i-- > 0;) {
    const auto& step = story.steps[i];
    result[i] = !seen.emplace(step.thread, step.file, step.line, step.text).second;
  }
  return result;
}

/// The steps, those that matter most first.
std::vector<std::size_t> by_weight(const Story& story) {
  const auto objects = objects_that_matter(story);
  const auto repeated = repetitions(story);
  const auto rank = [&](std::size_t i) {
    const auto& step = story.steps[i];
    if (step.is_fault) return 0;
    if (repeated[i]) return 3;
    if (step.is_stale) return 1;
    return objects.count(step.object) != 0 ? 2 : 3;
  };
  std::vector<std::size_t> order(story.steps.size());
  std::iota(order.rbegin(), order.rend(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  return order;
}

/// "producer" is a noun and wants an article; "thread 2", "P1" and "the writer" do not.
std::string with_article(const std::string& name) {
  const bool is_noun =
      name.size() > 2 && std::all_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  return is_noun ? "the " + name : name;
}

std::string enumerated(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace

Story made_printable(Story story) {
  for (auto* text : {&story.what, &story.because, &story.extent, &story.schedule}) *text = printable(*text);
  for (auto& name : story.threads) name = printable(name);
  for (auto& step : story.steps) {
    step.thread = std::max(step.thread, 0);
    for (auto* text : {&step.file, &step.source, &step.text}) *text = printable(*text);
    while (story.threads.size() < static_cast<std::size_t>(step.thread)) {
      story.threads.push_back("thread " + std::to_string(story.threads.size() + 1));
    }
  }
  return story;
}

bool shares_line(const StoryStep& first, const StoryStep& second) {
  return first.thread == second.thread && first.file == second.file && first.line == second.line && second.line != 0;
}

std::string only_file(const Story& story) {
  std::set<std::string> files;
  for (const auto& step : story.steps) {
    if (!step.file.empty()) files.insert(step.file);
  }
  return files.size() == 1 ? *files.begin() : "";
}

Shown chosen(const Story& story, int lines, const std::function<int(const Shown&)>& height) {
  Shown shown(story.steps.size(), true);
  if (height(shown) <= lines) return shown;
  shown.assign(story.steps.size(), false);
  int refused = 0;
  for (const std::size_t i : by_weight(story)) {
    shown[i] = true;
    const bool fits = height(shown) <= lines;
    shown[i] = fits;
    refused = fits ? 0 : refused + 1;
    if (refused == kPatience) break;
  }
  return shown;
}

std::string folded(const Story& story, std::size_t first, std::size_t last) {
  std::set<int> threads;
  for (std::size_t i = first; i < last; ++i) threads.insert(story.steps[i].thread);
  threads.erase(0);
  std::vector<std::string> names;
  for (const int thread : threads) names.push_back(with_article(story.threads[static_cast<std::size_t>(thread) - 1]));
  const std::string count = last - first == 1 ? "… 1 step" : "… " + std::to_string(last - first) + " steps";
  return names.empty() ? count : count + " of " + enumerated(names);
}

}  // namespace judge::detail
