#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <ostream>

#include "explore/scenario.hpp"

namespace explore {

inline void PrintTo(const Result& result, std::ostream* out) {
  *out << result.executions << " executions" << (result.complete ? ", all there are" : "") << ": "
       << (result.fault == Fault::kNone ? "nothing wrong" : result.what) << " [" << result.schedule << "]";
  constexpr std::size_t kShown = 40;
  for (std::size_t i = 0; i < result.steps.size() && i < kShown; ++i) {
    *out << "\n  " << int{result.steps[i].thread} << " " << result.steps[i].text;
  }
  if (result.steps.size() > kShown) *out << "\n  and " << result.steps.size() - kShown << " more";
}

}  // namespace explore

/// Nothing went wrong, in all executions that there are.
MATCHER(IsProven, "") { return arg.fault == explore::Fault::kNone && arg.complete; }

/// It went wrong in this way, and the schedule repeats it.
MATCHER_P(FailsWith, fault, "") { return arg.fault == fault && !arg.schedule.empty(); }
