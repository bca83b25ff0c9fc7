#pragma once

#include <string>

namespace judge::detail {

/// For the screen: what is too long to be read is cut to its beginning and, where two such values stand against each
/// other, to the place where they begin to differ. What is short stays as it is.
/// @param expected,happened the two sides of an assertion; both may have several lines, or be empty
void cut_to_what_differs(std::string& expected, std::string& happened);

}  // namespace judge::detail
