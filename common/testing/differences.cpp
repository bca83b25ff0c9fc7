#include "testing/differences.hpp"

#include <algorithm>
#include <vector>

#include "testing/lines.hpp"

namespace judge::detail {
namespace {

constexpr std::size_t kReadable = 300;  // characters of a line
constexpr std::size_t kBeginning = 60;
constexpr std::size_t kBefore = 16;  // of what still agrees
constexpr std::size_t kAfter = 44;

// Where the printed value begins: the first quotation mark or bracket.
std::size_t value_in(const std::string& line) { return std::min(line.find_first_of("\"{"), line.size()); }

std::string from_where_it_differs(const std::string& line, std::size_t differs) {
  const std::string length = " (" + std::to_string(line.size()) + " characters)";
  if (differs <= kBeginning) return line.substr(0, kBeginning + kAfter) + " …" + length;
  return line.substr(0, kBeginning) + " … " + line.substr(differs - kBefore, kBefore + kAfter) + " …" + length;
}

}  // namespace

void cut_to_what_differs(std::string& expected, std::string& happened) {
  std::vector<std::string> sides[] = {lines_in(expected), lines_in(happened)};
  std::vector<std::string*> tall;
  for (auto& side : sides) {
    for (std::string& line : side) {
      if (line.size() > kReadable) tall.push_back(&line);
    }
  }
  if (tall.empty()) return;
  std::vector<std::size_t> differs(tall.size(), 0);
  if (tall.size() == 2) {
    const auto first = tall[0]->begin() + static_cast<std::ptrdiff_t>(value_in(*tall[0]));
    const auto second = tall[1]->begin() + static_cast<std::ptrdiff_t>(value_in(*tall[1]));
    const auto [one, other] = std::mismatch(first, tall[0]->end(), second, tall[1]->end());
    differs = {static_cast<std::size_t>(one - tall[0]->begin()), static_cast<std::size_t>(other - tall[1]->begin())};
  }
  for (std::size_t i = 0; i < tall.size(); ++i) *tall[i] = from_where_it_differs(*tall[i], differs[i]);
  expected = joined(sides[0]);
  happened = joined(sides[1]);
}

}  // namespace judge::detail
