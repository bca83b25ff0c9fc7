// Step 2: the textbook's double buffer, and the orders in which it fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <span>
#include <vector>

#include "support.hpp"
#include "textbook.hpp"

namespace {

using judge::lesson;
using judge::subject;
using lab::Turn;

using Plan = std::function<std::size_t(std::span<Turn>)>;

/// The student's plan, as far as it fits.
auto turns_of(const Plan& plan) {
  return subject([&plan] {
    std::array<Turn, lab::kMostTurns> turns{};
    const std::size_t count = plan(turns);
    return std::vector<Turn>(turns.begin(), turns.begin() + static_cast<std::ptrdiff_t>(std::min(count, turns.size())));
  });
}

/// What the reader read, in this order of turns.
std::vector<lab::Textbook::Value> played(const std::vector<Turn>& turns) {
  lab::Textbook buffer;
  std::vector<lab::Textbook::Value> seen;
  for (const Turn turn : turns) {
    if (buffer.step(turn)) seen.push_back(buffer.last_read());
  }
  return seen;
}

bool is_torn(const lab::Textbook::Value& value) { return value.first != value.second; }

TEST(Textbook, TearsInTheOrderThatYouPlan) {
  lesson(2, "the active slot is the reader's only until the writer comes round again, and nobody tells it to wait");
  const auto turns = turns_of(lab::tearing_schedule);
  ASSERT_THAT(turns, judge::ReturnsNormally());
  const auto seen = played(*turns.value);
  EXPECT_TRUE(std::ranges::any_of(seen, is_torn)) << seen.size() << " values were read, all of them whole";
}

TEST(Textbook, GoesBackInTheOrderThatYouPlan) {
  lesson(2, "what is read before it was published is too new, and what is read after it is older: whole is not enough");
  const auto turns = turns_of(lab::backwards_schedule);
  ASSERT_THAT(turns, judge::ReturnsNormally());
  const auto seen = played(*turns.value);
  EXPECT_TRUE(std::ranges::none_of(seen, is_torn)) << "one of the values is torn: here each must be whole";
  const auto older = [](const auto& one, const auto& next) { return next.first < one.first; };
  EXPECT_NE(std::ranges::adjacent_find(seen, older), seen.end())
      << seen.size() << " values were read, none older than the one before";
}

}  // namespace
