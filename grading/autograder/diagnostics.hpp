#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rubric.hpp"

/// What the compiler and the linker said about a student's files.
namespace grading {

/// The compiler's complaints, one line each, at the student's lines where there are such.
struct Diagnostics {
  std::vector<std::string> errors;    ///< "spsc_ring.hpp:42: 'x' was not declared in this scope", the first one first
  std::vector<std::string> warnings;  ///< the same, each once
};

/// Reads the compiler's output for one student file. Of the errors, those at a line of the student's come first.
[[nodiscard]] Diagnostics read_diagnostics(std::string_view log, const Rubric& rubric);

/// What a failed link misses or has twice of what the student is to define; empty when the output shows no such thing.
[[nodiscard]] std::vector<std::string> link_errors(std::string_view output);

}  // namespace grading
