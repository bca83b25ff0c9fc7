#include "kill_matrix.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "paint.hpp"
#include "text.hpp"

namespace grading {
namespace {

constexpr std::size_t kName = 42;
constexpr std::size_t kColumn = 10;

std::string cell(const Mutant& mutant, const Fate& fate, const std::string& checker, const Paint& paint) {
  const auto named = std::ranges::count(mutant.caught_by, checker, &Pair::checker);
  if (named == 0) return paint.dim(padded("·", kColumn));
  if (!fate.broken.empty()) return paint.bad(padded("✗", kColumn));
  const auto killers = std::ranges::count_if(
      fate.results, [&](const TestResult& result) { return result.checker == checker && Fate::killed(result); });
  const std::string text =
      killers == named ? (named == 1 ? "✓" : fmt::format("✓ {}", named)) : fmt::format("✗ {} of {}", killers, named);
  return killers == named ? paint.good(padded(text, kColumn)) : paint.bad(padded(text, kColumn));
}

void print_details(const Mutant& mutant, const Fate& fate, const Paint& paint) {
  const auto say = [](const std::string& text) {
    for (const std::string& line : wrapped(text, 92)) fmt::print("      {}\n", line);
  };
  for (const std::string& line : wrapped(mutant.misconception, 92)) fmt::print("      {}\n", paint.dim(line));
  if (!fate.broken.empty()) return say(paint.bad("broken: ") + fate.broken);
  if (mutant.by_compiler) say(fate.compiles ? paint.bad("survived: it compiles") : paint.dim("caught by the compiler"));
  for (const TestResult& result : fate.results) {
    const std::string pair = fmt::format("{} {}", result.checker, result.test);
    if (!Fate::killed(result)) {
      say(fmt::format("{} {} ({})", paint.bad("survived"), pair, words(result.outcome)));
    } else {
      fmt::print("      {}\n", paint.dim(fmt::format("{}: {}", pair, words(result.outcome))));
    }
  }
}

}  // namespace

bool Fate::killed(const TestResult& result) {
  return result.outcome != Outcome::kPassed && result.outcome != Outcome::kNotRun &&
         result.outcome != Outcome::kNotStarted;
}

bool Fate::dead(const Mutant& mutant) const {
  if (!broken.empty()) return false;
  if (mutant.by_compiler) return !compiles;
  return !results.empty() && std::ranges::all_of(results, killed);
}

void Tally::add(const Tally& other) {
  mutants += other.mutants;
  survivors += other.survivors;
  for (const auto& [checker, count] : other.killed_by) killed_by[checker] += count;
}

std::vector<std::string> KillMatrix::checkers() const {
  std::vector<std::string> all;
  for (const Mutant& mutant : mutants) {
    for (const Pair& pair : mutant.caught_by) all.push_back(pair.checker);
    if (mutant.by_compiler) all.emplace_back("unit");
  }
  sort_checkers(all);
  return all;
}

Tally KillMatrix::tally() const {
  Tally tally{.lab = lab, .mutants = mutants.size(), .survivors = 0, .killed_by = {}};
  for (std::size_t i = 0; i < mutants.size(); ++i) {
    if (!fates[i].dead(mutants[i])) ++tally.survivors;
    if (!fates[i].broken.empty()) continue;
    if (mutants[i].by_compiler && !fates[i].compiles) ++tally.killed_by["compile"];
    std::set<std::string> killers;
    for (const TestResult& result : fates[i].results) {
      if (Fate::killed(result)) killers.insert(result.checker);
    }
    for (const std::string& checker : killers) ++tally.killed_by[checker];
  }
  return tally;
}

void KillMatrix::print() const {
  const Paint paint{wants_colour()};
  const std::vector<std::string> columns = checkers();
  std::string head = paint.bold(padded(lab, kName));
  for (const std::string& checker : columns) head += paint.dim(padded(checker, kColumn));
  fmt::print("\n{}\n", head);
  for (std::size_t i = 0; i < mutants.size(); ++i) {
    std::string row = padded("  " + mutants[i].name, kName);
    for (const std::string& checker : columns) row += cell(mutants[i], fates[i], checker, paint);
    fmt::print("{}\n", row);
    print_details(mutants[i], fates[i], paint);
  }
}

void KillMatrix::print_idle_tests(const Rubric& rubric) const {
  std::vector<std::string> idle;
  for (const RubricTest& test : rubric.tests) {
    if (std::ranges::none_of(fates, [&](const Fate& fate) { return fate.failed.contains(test.name); }))
      idle.push_back(test.name);
  }
  fmt::print("\n  {} of {} tests are failed by no mutant\n", idle.size(), rubric.tests.size());
  for (const std::string& test : idle) fmt::print("      {}\n", test);
}

void print_table(const std::vector<Tally>& tallies) {
  std::vector<std::string> checkers;
  for (const Tally& tally : tallies) {
    for (const auto& [checker, count] : tally.killed_by) checkers.push_back(checker);
  }
  sort_checkers(checkers);
  fmt::print("\n{:<20}{:>9}", "killed by", "mutants");
  for (const std::string& checker : checkers) fmt::print("{:>10}", checker);
  fmt::print("{:>11}\n", "survivors");
  for (const Tally& tally : tallies) {
    fmt::print("{:<20}{:>9}", tally.lab, tally.mutants);
    for (const std::string& checker : checkers) {
      const auto found = tally.killed_by.find(checker);
      fmt::print("{:>10}", found == tally.killed_by.end() ? 0 : found->second);
    }
    fmt::print("{:>11}\n", tally.survivors);
  }
}

}  // namespace grading
