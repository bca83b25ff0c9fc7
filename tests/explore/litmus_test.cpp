// The tests that memory models are told apart by: no outcome that C++20 forbids may ever show, and which of the
// surprising ones that it allows do show is written here (and in docs/explorer.md).
// @see Alglave, Maranget, Tautschnig, "Herding Cats" (TOPLAS 2014), for the names; [atomics.order] for what is forbidden

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "litmus.hpp"

namespace {

using explore::Strategy;
using ::testing::Contains;
using ::testing::Not;

using litmus::Litmus;
using litmus::Orders;
using litmus::Weak;

class LitmusTest : public ::testing::TestWithParam<Litmus> {};

void expect(const Litmus& litmus, Orders orders, Weak weak) {
  const programs::Program program = program_of(litmus, orders);
  for (const Strategy strategy : {Strategy::kExhaustive, Strategy::kReduced}) {
    const auto outcomes = programs::outcomes_of(program, strategy);
    EXPECT_EQ(outcomes.fault, "");
    EXPECT_TRUE(outcomes.complete);
    if (weak == Weak::kShown) {
      EXPECT_THAT(outcomes.seen, Contains(litmus.outcome)) << programs::written(program);
    } else {
      EXPECT_THAT(outcomes.seen, Not(Contains(litmus.outcome))) << programs::written(program);
    }
  }
}

TEST_P(LitmusTest, Relaxed) { expect(GetParam(), Orders::kRelaxed, GetParam().relaxed); }
TEST_P(LitmusTest, AcquireRelease) { expect(GetParam(), Orders::kAcquireRelease, GetParam().acquire_release); }
TEST_P(LitmusTest, SequentiallyConsistent) { expect(GetParam(), Orders::kSequential, GetParam().sequential); }
TEST_P(LitmusTest, SequentiallyConsistentFences) { expect(GetParam(), Orders::kFences, GetParam().fences); }

INSTANTIATE_TEST_SUITE_P(Model, LitmusTest, ::testing::ValuesIn(litmus::kLitmus),
                         [](const auto& info) { return std::string{info.param.name}; });

TEST(LitmusFences, OfReleaseAndAcquirePassAMessage) {
  auto program = programs::parse("Wx1 F Wy1 | Ry F Rx", std::memory_order_relaxed, std::memory_order_relaxed,
                                 std::memory_order_release);
  program[1][1].order = std::memory_order_acquire;
  EXPECT_THAT(programs::outcomes_of(program, Strategy::kReduced).seen, Not(Contains("- | 1 0; x=1 y=1 z=0")));
}

TEST(LitmusFences, OfAcquireAloneDoesNot) {
  const auto program = programs::parse("Wx1 Wy1 | Ry F Rx", std::memory_order_relaxed, std::memory_order_relaxed,
                                       std::memory_order_acquire);
  EXPECT_THAT(programs::outcomes_of(program, Strategy::kReduced).seen, Contains("- | 1 0; x=1 y=1 z=0"));
}

TEST(LitmusReleaseSequence, IsContinuedByARelaxedUpdate) {
  // Whoever acquires what an exchange has made of a released value also sees what was released.
  auto program = programs::parse("Wx1 Wy1 | Wy2 | Ry Rx", std::memory_order_acquire, std::memory_order_release,
                                 std::memory_order_acq_rel);
  program[1][0] = {programs::Operation::Kind::kExchange, 1, 2, std::memory_order_relaxed};
  EXPECT_THAT(programs::outcomes_of(program, Strategy::kReduced).seen, Not(Contains("- | 1 | 2 0; x=1 y=2 z=0")));
}

TEST(LitmusReleaseSequence, IsBrokenByARelaxedStore) {
  auto program = programs::parse("Wx1 Wy1 | Wy2 | Ry Rx", std::memory_order_acquire, std::memory_order_release,
                                 std::memory_order_acq_rel);
  program[1][0].order = std::memory_order_relaxed;
  EXPECT_THAT(programs::outcomes_of(program, Strategy::kReduced).seen, Contains("- | - | 2 0; x=1 y=2 z=0"));
}

}  // namespace
