#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "mutant.hpp"
#include "report.hpp"
#include "rubric.hpp"

/// What the mutants have come to, and the tables of it.
namespace grading {

/// What became of one mutant.
struct Fate {
  std::string broken;               ///< why it could not be tried
  std::vector<TestResult> results;  ///< one for each pair
  std::set<std::string> failed;     ///< tests, whether it names them or not
  bool compiles = true;

  [[nodiscard]] static bool killed(const TestResult& result);
  /// Whether each pair that the mutant names has caught it.
  [[nodiscard]] bool dead(const Mutant& mutant) const;
};

/// One lab's line of the last table.
struct Tally {
  std::string lab;
  std::size_t mutants = 0;
  std::size_t survivors = 0;  ///< those that are not caught by each pair that they name
  std::map<std::string, std::size_t> killed_by;

  void add(const Tally& other);
};

/// The mutants of one lab and what became of each.
struct KillMatrix {
  std::string lab;
  std::vector<Mutant> mutants;
  std::vector<Fate> fates;  ///< one for each mutant, in their order

  /// Those that a mutant names, in the course's order.
  [[nodiscard]] std::vector<std::string> checkers() const;
  [[nodiscard]] Tally tally() const;
  /// A row for each mutant, a column for each checker.
  void print() const;
  /// The tests that no mutant fails: they have never been seen failing, and may be such that cannot.
  void print_idle_tests(const Rubric& rubric) const;
};

/// How many mutants of each lab each checker has killed; one may die by several.
void print_table(const std::vector<Tally>& tallies);

}  // namespace grading
