#pragma once

#include <string>

namespace judge::detail {

/// The two sides of an assertion that failed.
struct Sides {
  std::string expected;  ///< empty when the message has no such form
  std::string happened;
};

/// Takes GoogleTest's message apart: of EXPECT_THAT, EXPECT_TRUE and EXPECT_FALSE, EXPECT_EQ, and EXPECT_GE and its
/// like. What the test has added to it belongs to what happened. A message of another form is what happened, as it is.
[[nodiscard]] Sides sides_of(const std::string& message);

}  // namespace judge::detail
