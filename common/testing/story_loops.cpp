#include "testing/story_loops.hpp"

#include <algorithm>
#include <utility>

namespace judge::detail {
namespace {

using Steps = std::vector<StoryStep>;

constexpr std::size_t kLongestRound = 12;
constexpr std::size_t kFewRounds = 2;  // are told as they are

bool same(const StoryStep& one, const StoryStep& other) {
  return one.thread == other.thread && one.line == other.line && one.file == other.file && one.text == other.text &&
         !one.is_fault && !other.is_fault;
}

// How many times the `length` steps from `first` on come one after the other.
std::size_t rounds_from(const Steps& steps, std::size_t first, std::size_t length) {
  std::size_t rounds = 1;
  for (std::size_t i = first + length; i < steps.size() && same(steps[i], steps[i - length]); ++i) {
    if (steps[i].thread != steps[first].thread) break;
    if ((i + 1 - first) % length == 0) ++rounds;
  }
  return rounds;
}

bool is_one_threads(const Steps& steps, std::size_t first, std::size_t length) {
  return first + length <= steps.size() &&
         std::all_of(steps.begin() + static_cast<std::ptrdiff_t>(first),
                     steps.begin() + static_cast<std::ptrdiff_t>(first + length),
                     [&](const StoryStep& step) { return step.thread == steps[first].thread && !step.is_fault; });
}

}  // namespace

void tell_loops_once(Story& story) {
  Steps told;
  std::vector<int> numbers(story.steps.size() + 1);  // that the steps have afterwards; 0: not told
  for (std::size_t first = 0; first < story.steps.size();) {
    std::size_t best_length = 0;
    std::size_t best_rounds = 0;
    for (std::size_t length = 1; length <= kLongestRound && is_one_threads(story.steps, first, length); ++length) {
      const std::size_t rounds = rounds_from(story.steps, first, length);
      if (rounds > kFewRounds && length * rounds > best_length * best_rounds) {
        best_length = length;
        best_rounds = rounds;
      }
    }
    const std::size_t kept = std::max<std::size_t>(best_length, 1);
    for (std::size_t i = 0; i < kept; ++i) {
      told.push_back(std::move(story.steps[first + i]));
      numbers[first + i + 1] = static_cast<int>(told.size());
    }
    if (best_length > 0) {
      StoryStep again;
      again.thread = told.back().thread;
      again.text = "… and the same " + std::to_string(best_rounds - 1) + " times more";
      told.push_back(std::move(again));
    }
    first += kept * std::max<std::size_t>(best_rounds, 1);
  }
  for (StoryStep& step : told) step.missed = numbers[static_cast<std::size_t>(step.missed)];
  story.steps = std::move(told);
}

}  // namespace judge::detail
