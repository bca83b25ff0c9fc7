// The reduction leaves out executions, never outcomes: on random programs both ways must see the same.

#include <gtest/gtest.h>

#include <random>

#include "programs.hpp"

namespace {

using explore::Strategy;
using programs::Operation;
using programs::Program;

constexpr std::memory_order kLoads[] = {std::memory_order_relaxed, std::memory_order_acquire,
                                        std::memory_order_seq_cst};
constexpr std::memory_order kStores[] = {std::memory_order_relaxed, std::memory_order_release,
                                         std::memory_order_seq_cst};
constexpr std::memory_order kUpdates[] = {std::memory_order_relaxed, std::memory_order_acq_rel,
                                          std::memory_order_seq_cst};
constexpr std::memory_order kFences[] = {std::memory_order_acquire, std::memory_order_release,
                                         std::memory_order_seq_cst};

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_{seed} {}
  unsigned roll(unsigned sides) { return static_cast<unsigned>(engine_() % sides); }

 private:
  std::mt19937 engine_;
};

Operation random_operation(Dice& dice, int value) {
  const auto variable = static_cast<int>(dice.roll(2));
  switch (dice.roll(10)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return {Operation::Kind::kLoad, variable, 0, kLoads[dice.roll(3)]};
    case 8:
      return {dice.roll(2) == 0 ? Operation::Kind::kExchange : Operation::Kind::kCompareExchange, variable, value,
              kUpdates[dice.roll(3)]};
    case 9:
      return {Operation::Kind::kFence, 0, 0, kFences[dice.roll(3)]};
    default:
      return {Operation::Kind::kStore, variable, value, kStores[dice.roll(3)]};
  }
}

// At most three loads of a variable in a row: one more that finds the same counts as waiting.
Program random_program(Dice& dice) {
  Program program(2 + dice.roll(2));
  int value = 0;
  for (auto& thread : program) {
    const unsigned length = program.size() == 2 ? 3 : 2 + dice.roll(2);
    for (unsigned i = 0; i < length; ++i) thread.push_back(random_operation(dice, ++value));
  }
  return program;
}

TEST(Reduction, LosesNoOutcomeOfARandomProgram) {
  Dice dice{20'261};
  std::uint64_t all = 0;
  std::uint64_t tried = 0;
  for (int i = 0; i < 400; ++i) {
    const Program program = random_program(dice);
    const auto every = programs::outcomes_of(program, Strategy::kExhaustive);
    const auto reduced = programs::outcomes_of(program, Strategy::kReduced);
    ASSERT_TRUE(every.complete && reduced.complete) << programs::written(program);
    ASSERT_EQ(every.seen, reduced.seen) << programs::written(program);
    all += every.executions;
    tried += reduced.executions;
  }
  EXPECT_LT(tried * 4, all) << "executions tried with and without the reduction";
}

}  // namespace
