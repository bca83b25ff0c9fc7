#pragma once

#include <string>
#include <string_view>
#include <vector>

/// What the explorer or a crash sweep has found, told so that a student can follow it.
namespace judge {

/// One thing that a thread (or a process) did.
struct StoryStep {
  int thread = 0;         ///< the number of its column, from 1; 0: the setup before, or the check at the end
  std::string file;       ///< "spsc_ring.hpp"; empty when it is not known
  int line = 0;           ///< in that file
  std::string source;     ///< what stands there, without its indentation
  std::string text;       ///< what it came to: "reads 2, stale: the newest is 3"
  bool is_stale = false;  ///< it read a value that is not the newest
  bool is_fault = false;  ///< what is wrong is this step, or one of its two sides
  std::string object;     ///< steps with the same one concern the same bytes or the same lock; empty: none
  int missed = 0;         ///< the number, from 1, of the step whose newer value a stale read did not see; 0: not known
};

/// An execution that went wrong, or a process that died at a bad moment and what became of it.
struct Story {
  std::string what;      ///< what went wrong, in one sentence
  std::string because;   ///< why the language or the system allows it, in one sentence or two
  std::string extent;    ///< how it was found: "in the 3rd execution"
  std::string schedule;  ///< repeats it
  std::vector<std::string> threads;
  std::vector<StoryStep> steps;

  [[nodiscard]] bool empty() const { return what.empty(); }
};

/// The story for a terminal: a column for each thread, time downwards, what matters less folded away.
/// @param columns  characters that fit in a line
/// @param lines    that it has at most
[[nodiscard]] std::string told(const Story& story, int columns = 100, int lines = 40);

/// The same as part of an HTML page, nothing folded away: a heading, a figure in SVG, the sentences.
/// @param title  the test's name
[[nodiscard]] std::string section_of(const Story& story, std::string_view title);

/// What stands before and after the sections of a page. The page needs nothing else: no script, no style from outside.
[[nodiscard]] std::string page_head(std::string_view title);
[[nodiscard]] std::string page_foot();

}  // namespace judge
