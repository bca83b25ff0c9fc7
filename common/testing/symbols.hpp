#pragma once

#include <string>
#include <vector>

namespace judge::detail {

/// A call: where in the source code it was made.
struct Frame {
  std::string function;  ///< demangled, with its parameters; "??" when it is not known
  std::string path;      ///< of the source file; empty when it is not known
  int line = 0;

  /// "shm_object.cpp:42"; empty when it is not known.
  [[nodiscard]] std::string place() const;
};

/// @param place  "/a/shm_object.cpp:42", as addr2line and eu-stack say it; "??:0" when they don't know
[[nodiscard]] Frame frame_from(std::string function, const std::string& place);

/// The calls at an address of this program, innermost first: more than one where functions were inlined. One answer for
/// each address; empty ones when it can't be found out. @param addresses  that a call returns to @see addr2line(1)
[[nodiscard]] std::vector<std::vector<Frame>> frames_at(const std::vector<const void*>& addresses);

/// What a helper program prints; empty when it can't be run or takes longer than 10 s.
[[nodiscard]] std::string output_of(std::vector<std::string> words);

[[nodiscard]] std::string base_name(const std::string& path);

}  // namespace judge::detail
