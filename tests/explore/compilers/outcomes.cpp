// What the explorer sees of the litmus tests and of the small programs with and without a race, a line for each. The
// same sources are compiled by each compiler at each level of optimisation: all must print the same (see check).

#include <cstdio>

#include "../agreement/races.hpp"
#include "../litmus.hpp"
#include "explore/scenario.hpp"

int main() {
  for (const litmus::Litmus& test : litmus::kLitmus) {
    for (const auto orders : {litmus::Orders::kRelaxed, litmus::Orders::kAcquireRelease, litmus::Orders::kSequential,
                              litmus::Orders::kFences}) {
      const auto program = program_of(test, orders);
      const auto outcomes = programs::outcomes_of(program, explore::Strategy::kReduced);
      std::printf("%s %s%s", programs::written(program).c_str(), outcomes.complete ? "all" : "not all",
                  outcomes.fault.c_str());
      for (const auto& outcome : outcomes.seen) std::printf(" [%s]", outcome.c_str());
      std::puts("");
    }
  }
  for (const races::Program& program : races::programs()) {
    const auto result = explore::explore([&](explore::Scenario& s) {
      races::Shared& shared = races::create(&explore::Scenario::allocate);
      s.thread("first", [&] { program.first(shared); });
      s.thread("second", [&] { program.second(shared); });
    });
    const bool race = result.fault == explore::Fault::kRace;
    std::printf("%s %s\n", program.name, race == program.races ? race ? "race" : "none" : result.what.c_str());
  }
}
