#include "mutant.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "text.hpp"

namespace grading {
namespace {

std::string trimmed(std::string_view text) { return one_line(text); }

// Said of the rubric, not of the run: a pair that earns no points would catch the mistake and let it pass.
std::string problem_with_pair(const Pair& pair, const Rubric& rubric) {
  const auto test = std::ranges::find(rubric.tests, pair.test, &RubricTest::name);
  if (test != rubric.tests.end() && test->runs_under(pair.checker)) return "";
  return fmt::format("the rubric does not run {} under {}", pair.test.empty() ? "(no test)" : pair.test, pair.checker);
}

}  // namespace

Mutant read_mutant(const fs::path& patch, const Rubric& rubric) {
  constexpr std::string_view kMisconception = "Misconception:";
  constexpr std::string_view kCaughtBy = "Caught-by:";
  Mutant mutant{.lab = rubric.lab,
                .name = patch.stem().string(),
                .patch = patch,
                .misconception = {},
                .caught_by = {},
                .problem = {}};
  const std::string text = read_head(patch, 65536);
  for (const std::string_view line : lines_of(text)) {
    if (line.starts_with("--- ")) break;
    if (line.starts_with(kMisconception)) mutant.misconception = trimmed(line.substr(kMisconception.size()));
    if (!line.starts_with(kCaughtBy)) continue;
    const std::string pair = trimmed(line.substr(kCaughtBy.size()));
    if (pair == "compile") {
      mutant.by_compiler = true;
      continue;
    }
    const std::size_t space = std::min(pair.find(' '), pair.size());
    mutant.caught_by.push_back({pair.substr(0, space), pair.substr(std::min(space + 1, pair.size()))});
    if (mutant.problem.empty()) mutant.problem = problem_with_pair(mutant.caught_by.back(), rubric);
  }
  if (mutant.misconception.empty()) mutant.problem = "its header names no 'Misconception:'";
  if (mutant.caught_by.empty() && !mutant.by_compiler) mutant.problem = "its header names no 'Caught-by: CHECKER TEST'";
  return mutant;
}

std::vector<Mutant> mutants_of(const Course& course, const Rubric& rubric) {
  std::vector<fs::path> patches;
  std::error_code error;
  const fs::path folder = course.root() / "grading" / "mutants" / rubric.lab;
  for (fs::directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".patch") patches.push_back(entry->path());
  }
  std::ranges::sort(patches);
  std::vector<Mutant> mutants;
  for (const fs::path& patch : patches) mutants.push_back(read_mutant(patch, rubric));
  return mutants;
}

}  // namespace grading
