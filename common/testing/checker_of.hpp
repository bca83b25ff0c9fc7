#pragma once

#include <string>
#include <string_view>

namespace judge::detail {

/// The checker that a test is for, if its file lies in a folder of its own: explore, of
/// "tests/07-spsc-ring/explore/hand_over_test.cpp". Empty: every checker's.
[[nodiscard]] std::string checker_of(std::string_view file);

}  // namespace judge::detail
