#include "testing/markup.hpp"

#include "testing/printable.hpp"

namespace judge::detail {

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string element(std::string_view name, Attributes attributes, std::string_view inside) {
  std::string result{"<"};
  result.append(name);
  for (const auto& [key, value] : attributes) {
    result.append(" ").append(key).append("=\"").append(escaped(value)).append("\"");
  }
  return result.append(">").append(inside).append("</").append(name).append(">");
}

}  // namespace judge::detail
