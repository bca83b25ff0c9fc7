#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>

#include "explore/scenario.hpp"
#include "free_name.hpp"
#include "shm_object.hpp"
#include "testing/deadlines.hpp"
#include "testing/explored.hpp"
#include "testing/fresh_name.hpp"
#include "testing/lesson.hpp"

namespace {

using explore::Scenario;
using judge::explored;

constexpr std::size_t kLittle = 5'000;
constexpr std::size_t kMuch = 10'000;

/// Growers may take turns by a lock of the system's (flock), which the explorer does not know.
MATCHER(EndsWellOrTakesTurns, "every execution of the scenario that was tried ends well") {
  return testing::Matches(judge::EndsWell())(arg) ||
         (arg.kind == judge::Kind::kReturned && arg.value && arg.value->fault == explore::Fault::kUnsupported);
}

TEST(GrowRace, TheLargestWishWinsInEveryOrder) {
  judge::lesson(5,
                "A size that is set may be smaller than what another has set since you looked: only a compare-exchange "
                "looks and raises it in one.");
  const judge::FreshName name;
  EXPECT_THAT(explored(
                  [&](Scenario& s) {
                    s.keep<lab01::FreeName>(name);
                    auto& one = s.keep<lab::Region>(lab::create(name.str(), 100, 0600));
                    lab::publish(one);
                    auto& other = s.keep<lab::Region>(lab::attach(name.str(), judge::past()));
                    const auto grow = [](lab::Region& region, std::size_t wish) {
                      lab::grow(region, wish);
                      explore::require(region.payload().size() >= wish, "who grows it has what he asked for");
                    };
                    s.thread("one who needs little", [&, grow] { grow(one, kLittle); });
                    s.thread("one who needs much", [&, grow] { grow(other, kMuch); });
                    s.finally([&] {
                      explore::require(one.header().size.load() == kMuch, "the header says the largest size asked for");
                    });
                  },
                  lab01::kEnough),
              EndsWellOrTakesTurns());
}

}  // namespace
