#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rubric.hpp"

/// The reports of ThreadSanitizer, AddressSanitizer, LeakSanitizer, UBSan and memcheck, taken apart.
namespace grading {

/// One function on a stack.
struct Frame {
  std::string function;  ///< short: "try_push"
  std::string file;      ///< base name; empty when the tool knew no source
  int line = 0;
  bool students = false;  ///< in an editable file
  bool systems = false;   ///< in the C or C++ library or the tool itself
};

/// One stack of a report and the line above it: "Previous read of size 8 at 0x7b.. by main thread".
struct Stack {
  std::string caption;
  std::vector<Frame> frames;
};

/// One finding: its first line without the process id, and its stacks in order.
struct Block {
  enum class Tool { kSanitizer, kUndefined, kMemcheck };
  Tool tool = Tool::kSanitizer;
  std::string head;
  std::vector<Stack> stacks;

  /// The first stack whose caption holds `words`, or nullptr.
  [[nodiscard]] const Stack* captioned(std::string_view words) const;
};

/// All findings of a report, in its order; lines that belong to none are passed over.
[[nodiscard]] std::vector<Block> take_apart(std::string_view report, const Rubric& rubric);

/// Where it happened: "spsc_ring.hpp:42 (try_push)", by the innermost frame of the student's; else the innermost one of
/// the course's; "" when there is neither.
[[nodiscard]] std::string place_of(const Stack& stack);

/// "lab::Ring<long>::try_push(long const&)" is "try_push"; a lambda is named after the function that it stands in.
[[nodiscard]] std::string short_function(std::string_view signature);

}  // namespace grading
