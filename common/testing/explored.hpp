#pragma once

#include <gmock/gmock.h>

#include <cstdint>
#include <functional>
#include <ostream>

#include "explore/scenario.hpp"
#include "testing/outcome.hpp"
#include "testing/story.hpp"

/// Scenarios of the explorer in a test: EXPECT_THAT(explored([](Scenario& s) { ... }), IsProven()).
namespace judge {

/// What came of exploring a scenario.
struct Exploration {
  explore::Fault fault = explore::Fault::kNone;
  std::uint64_t executions = 0;
  bool complete = false;   ///< all that differ in something that matters were tried
  std::uint64_t seed = 0;  ///< of those that were tried at random, when they are too many to try all
  Story story;             ///< of the one that went wrong
};

void PrintTo(const Outcome<Exploration>& outcome, std::ostream* out);

/// Explores a scenario in a subject. When it goes wrong, its story becomes part of the test's record. With the
/// environment variable SCHEDULE, only that execution is run.
[[nodiscard]] Outcome<Exploration> explored(const std::function<void(explore::Scenario&)>& scenario,
                                            explore::Effort effort = {});

/// Every execution was tried, and none went wrong.
MATCHER(IsProven, "every execution of the scenario ends well, and all of them were tried") {
  return arg.kind == Kind::kReturned && arg.value && arg.value->fault == explore::Fault::kNone && arg.value->complete;
}

/// Of the executions that were tried, none went wrong; there may be more of them than the effort allowed.
MATCHER(EndsWell, "every execution of the scenario that was tried ends well") {
  return arg.kind == Kind::kReturned && arg.value && arg.value->fault == explore::Fault::kNone;
}

}  // namespace judge
