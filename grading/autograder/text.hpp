#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Text that others wrote (students, compilers, sanitizers) on its way to a terminal, a JSON or an XML file.
namespace grading {

/// Valid UTF-8 without anything that a terminal, a browser or a parser would obey: colour sequences are dropped; other
/// control characters, invisible and direction-changing ones and invalid bytes are spelled out, e.g. `\x1b`. Newlines
/// and tabs stay.
[[nodiscard]] std::string harmless(std::string_view text);

/// Every invalid byte replaced by U+FFFD, nothing else changed: for a parser that wants UTF-8.
[[nodiscard]] std::string valid_utf8(std::string_view text);

/// At most `limit` bytes, cut between two characters, with `…` where something was cut.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t limit);

/// The same in one line: every run of white space becomes one space, none at the ends.
[[nodiscard]] std::string one_line(std::string_view text);

/// How many columns it takes on a terminal (one a character; wide scripts are not counted as two).
[[nodiscard]] std::size_t columns(std::string_view text);

/// Broken into lines of at most `width` columns, at spaces where there are any. Never empty.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

/// Filled up with spaces to `width` columns, or cut to it.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);

/// Its lines without their ends; what follows the last one counts if there is any.
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);
std::vector<std::string_view> lines_of(std::string&&) = delete;  // the lines would outlive their text

/// One behind the other, with `separator` between two of them.
[[nodiscard]] std::string joined(const std::vector<std::string>& parts, std::string_view separator);

/// 16 hexadecimal digits that stay the same for the same text (FNV-1a): a name for a cache, nothing secret.
[[nodiscard]] std::string fingerprint(std::string_view text);

}  // namespace grading
