#pragma once

#include <string>
#include <vector>

#include "course.hpp"

namespace grading {

/// A test under a checker.
struct Pair {
  std::string checker;
  std::string test;
};

/// A known-wrong submission: a patch over the solution, whose header says what it misunderstands and what must catch
/// it.
struct Mutant {
  std::string lab;
  std::string name;
  fs::path patch;
  std::string misconception;
  std::vector<Pair> caught_by;
  bool by_compiler = false;  ///< "Caught-by: compile": it must not compile
  std::string problem;       ///< what is wrong with the header; empty when nothing is
};

[[nodiscard]] Mutant read_mutant(const fs::path& patch, const Rubric& rubric);

/// grading/mutants/<lab>/*.patch, by name.
[[nodiscard]] std::vector<Mutant> mutants_of(const Course& course, const Rubric& rubric);

struct MutantOptions {
  std::string lab;     ///< empty: all
  std::string only;    ///< a pattern (fnmatch(3)) for their names; empty: all
  bool whole = false;  ///< run whole suites, and list the tests that no mutant fails
  int jobs = 1;        ///< processes at the same time
};

/// Applies every mutant, runs the pairs that it names and prints the kill matrix, and a table of all labs.
/// @return 0 when each of them is caught by each pair that it names, else 1
/// @throws UsageError when there is none of such a name
int run_mutants(const Course& course, const MutantOptions& options);

}  // namespace grading
