#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

/// Pieces of HTML and SVG, well-formed as XML too.
namespace judge::detail {

/// Text from anywhere, as it must stand between tags or in an attribute.
[[nodiscard]] std::string escaped(std::string_view text);

using Attributes = std::initializer_list<std::pair<std::string_view, std::string>>;

/// @param inside  markup; for text, what escaped() made of it
[[nodiscard]] std::string element(std::string_view name, Attributes attributes, std::string_view inside = "");

}  // namespace judge::detail
