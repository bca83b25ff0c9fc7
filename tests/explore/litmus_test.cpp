// The tests that memory models are told apart by: no outcome that C++20 forbids may ever show, and which of the
// surprising ones that it allows do show is written here (and in docs/explorer.md).
// @see Alglave, Maranget, Tautschnig, "Herding Cats" (TOPLAS 2014), for the names; [atomics.order] for what is forbidden

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "programs.hpp"

namespace {

using explore::Strategy;
using ::testing::Contains;
using ::testing::Not;

enum class Weak {
  kForbidden,  ///< by the standard
  kShown,      ///< allowed, and the explorer shows it
  kHidden,     ///< allowed, but beyond what the explorer's model can show
};

/// A program, the outcome that surprises, and what is to become of it with relaxed accesses, with acquire and release,
/// sequentially consistent, and relaxed with a sequentially consistent fence between any two.
struct Litmus {
  const char* name;
  const char* text;
  const char* outcome;
  Weak relaxed;
  Weak acquire_release;
  Weak sequential;
  Weak fences;
};

constexpr auto kForbidden = Weak::kForbidden;
constexpr auto kShown = Weak::kShown;
constexpr auto kHidden = Weak::kHidden;

constexpr Litmus kLitmus[] = {
    {"StoreBuffering", "Wx1 Ry | Wy1 Rx", "0 | 0; x=1 y=1 z=0", kShown, kShown, kForbidden, kForbidden},
    {"MessagePassing", "Wx1 Wy1 | Ry Rx", "- | 1 0; x=1 y=1 z=0", kShown, kForbidden, kForbidden, kForbidden},
    {"LoadBuffering", "Rx Wy1 | Ry Wx1", "1 | 1; x=1 y=1 z=0", kHidden, kForbidden, kForbidden, kForbidden},
    {"CoRR", "Wx1 | Rx Rx", "- | 1 0; x=1 y=0 z=0", kForbidden, kForbidden, kForbidden, kForbidden},
    {"CoWR", "Wx1 Rx | Wx2", "2 | -; x=1 y=0 z=0", kForbidden, kForbidden, kForbidden, kForbidden},
    {"CoRW", "Rx Wx1 | Wx2", "2 | -; x=2 y=0 z=0", kForbidden, kForbidden, kForbidden, kForbidden},
    {"CoWW", "Wx1 Wx2 | Rx", "- | 0; x=1 y=0 z=0", kForbidden, kForbidden, kForbidden, kForbidden},
    {"Iriw", "Wx1 | Wy1 | Rx Ry | Ry Rx", "- | - | 1 0 | 1 0; x=1 y=1 z=0", kShown, kShown, kForbidden, kForbidden},
    {"TwoPlusTwoW", "Wx1 Wy2 | Wy1 Wx2", "- | -; x=1 y=1 z=0", kHidden, kHidden, kForbidden, kForbidden},
    {"R", "Wx1 Wy1 | Wy2 Rx", "- | 0; x=1 y=2 z=0", kShown, kShown, kForbidden, kForbidden},
    {"S", "Wx2 Wy1 | Ry Wx1", "- | 1; x=2 y=1 z=0", kHidden, kForbidden, kForbidden, kForbidden},
    {"WriteToReadCausality", "Wx1 | Rx Wy1 | Ry Rx", "- | 1 | 1 0; x=1 y=1 z=0", kShown, kForbidden, kForbidden,
     kForbidden},
};

std::string with_fences(std::string text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool between = text[i] == ' ' && i + 1 < text.size() && text[i + 1] != '|' && text[i - 1] != '|';
    out += between ? " F " : std::string{text[i]};
  }
  return out;
}

void expect(const Litmus& litmus, const programs::Program& program, Weak weak) {
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

class LitmusTest : public ::testing::TestWithParam<Litmus> {};

TEST_P(LitmusTest, Relaxed) {
  constexpr auto kOrder = std::memory_order_relaxed;
  expect(GetParam(), programs::parse(GetParam().text, kOrder, kOrder, kOrder), GetParam().relaxed);
}

TEST_P(LitmusTest, AcquireRelease) {
  expect(
      GetParam(),
      programs::parse(GetParam().text, std::memory_order_acquire, std::memory_order_release, std::memory_order_acq_rel),
      GetParam().acquire_release);
}

TEST_P(LitmusTest, SequentiallyConsistent) {
  constexpr auto kOrder = std::memory_order_seq_cst;
  expect(GetParam(), programs::parse(GetParam().text, kOrder, kOrder, kOrder), GetParam().sequential);
}

TEST_P(LitmusTest, SequentiallyConsistentFences) {
  expect(GetParam(),
         programs::parse(with_fences(GetParam().text), std::memory_order_relaxed, std::memory_order_relaxed,
                         std::memory_order_seq_cst),
         GetParam().fences);
}

INSTANTIATE_TEST_SUITE_P(Model, LitmusTest, ::testing::ValuesIn(kLitmus),
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
