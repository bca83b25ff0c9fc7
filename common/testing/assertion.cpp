#include "testing/assertion.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "testing/lines.hpp"

namespace judge::detail {
namespace {

std::optional<std::string> behind(const std::string& line, std::string_view start) {
  if (!line.starts_with(start)) return std::nullopt;
  return line.substr(start.size());
}

// What the test has to say about it comes after the value.
std::string with_remark(const std::vector<std::string>& lines, std::size_t from, const std::string& happened) {
  return from < lines.size() ? happened + "\n" + joined(lines, from) : happened;
}

// "Value of: ...\nExpected: ...\n  Actual: ... (of type ...)"
std::optional<Sides> of_matcher(const std::string& message) {
  static const std::string kExpected = "Expected: ";
  static const std::string kActual = "\n  Actual: ";
  const auto expected = message.find(kExpected);
  const auto actual = message.find(kActual);
  if (expected == std::string::npos || actual == std::string::npos || actual < expected) return std::nullopt;
  Sides sides{message.substr(expected + kExpected.size(), actual - expected - kExpected.size()),
              message.substr(actual + kActual.size())};
  if (const auto type = sides.happened.rfind(" (of type judge::Outcome<"); type != std::string::npos) {
    const auto rest = sides.happened.find('\n', type);
    sides.happened = sides.happened.substr(0, type) + (rest == std::string::npos ? "" : sides.happened.substr(rest));
  }
  return sides;
}

// "Value of: ...\n  Actual: false\nExpected: true"
std::optional<Sides> of_truth(const std::vector<std::string>& lines) {
  if (lines.size() < 3) return std::nullopt;
  const auto what = behind(lines[0], "Value of: ");
  const auto actual = behind(lines[1], "  Actual: ");
  const auto expected = behind(lines[2], "Expected: ");
  if (!what || !actual || !expected) return std::nullopt;
  return Sides{*what + " is " + *expected, with_remark(lines, 3, "it is " + *actual)};
}

// "Expected equality of these values:\n  a\n    Which is: 1\n  2", the second line of each only if it says more
std::optional<Sides> of_equality(const std::vector<std::string>& lines) {
  if (lines.empty() || lines[0] != "Expected equality of these values:") return std::nullopt;
  std::size_t at = 1;
  std::string sides[2];
  std::string values[2];
  for (int i = 0; i < 2; ++i) {
    if (at == lines.size() || !lines[at].starts_with("  ")) return std::nullopt;
    sides[i] = values[i] = lines[at++].substr(2);
    if (at == lines.size()) continue;
    if (const auto value = behind(lines[at], "    Which is: ")) {
      values[i] = *value;
      ++at;
    }
  }
  return Sides{sides[0] + " is " + values[1], with_remark(lines, at, "it is " + values[0])};
}

// "Expected: (a) >= (b), actual: 1 vs 2"
std::optional<Sides> of_comparison(const std::vector<std::string>& lines) {
  static const std::string kActual = ", actual: ";
  const auto both = lines.empty() ? std::nullopt : behind(lines[0], "Expected: ");
  const auto actual = both ? both->rfind(kActual) : std::string::npos;
  if (actual == std::string::npos) return std::nullopt;
  return Sides{both->substr(0, actual), with_remark(lines, 1, "it is " + both->substr(actual + kActual.size()))};
}

}  // namespace

Sides sides_of(const std::string& message) {
  const std::vector<std::string> lines = lines_in(message);
  if (const auto sides = of_matcher(message)) return *sides;
  if (const auto sides = of_truth(lines)) return *sides;
  if (const auto sides = of_equality(lines)) return *sides;
  if (const auto sides = of_comparison(lines)) return *sides;
  return {.expected = "", .happened = message};
}

}  // namespace judge::detail
