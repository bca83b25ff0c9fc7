#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Text from elsewhere, made fit to be shown, and measured in characters (code points), not in bytes.
namespace judge::detail {

/// Line breaks and tabs become blanks. What is not UTF-8, or would act on the reader's screen (control characters,
/// changes of the direction of writing), becomes U+FFFD.
[[nodiscard]] std::string printable(std::string_view bytes);

/// @name For text that is printable
/// @{
[[nodiscard]] std::size_t width_of(std::string_view text);
/// At most `width` characters of it; the last one is … when there were more.
[[nodiscard]] std::string cut(std::string_view text, std::size_t width);
/// The same, with the … for some of its middle.
[[nodiscard]] std::string cut_inside(std::string_view text, std::size_t width);
/// Its words in lines of at most `width` characters, at most `lines` of them. A word that is longer is broken.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width, std::size_t lines);
/// @}

}  // namespace judge::detail
