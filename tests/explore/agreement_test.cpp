// The explorer and ThreadSanitizer tell the same plain races, in the same object file: agreement/races.hpp.

#include <gtest/gtest.h>

#include <string>

#include "agreement/races.hpp"
#include "explored.hpp"

namespace {

using explore::explore;
using explore::Fault;
using explore::Scenario;

class AgreementTest : public ::testing::TestWithParam<races::Program> {};

TEST_P(AgreementTest, WithThreadSanitizerOn) {
  const races::Program& program = GetParam();
  const auto result = explore([&](Scenario& s) {
    races::Shared& shared = races::create(&Scenario::allocate);
    s.thread("first", [&] { program.first(shared); });
    s.thread("second", [&] { program.second(shared); });
  });
  if (program.races) {
    EXPECT_THAT(result, FailsWith(Fault::kRace));
  } else {
    EXPECT_THAT(result, IsProven());
  }
}

INSTANTIATE_TEST_SUITE_P(Races, AgreementTest, ::testing::ValuesIn(races::programs().begin(), races::programs().end()),
                         [](const auto& info) { return std::string{info.param.name}; });

}  // namespace
