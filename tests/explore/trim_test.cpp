// What is left out of a story because nobody else could notice it.

#include "explore/trim.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using explore::Step;
using explore::detail::leave_out_what_is_private;
using StepKind = Step::Kind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Step step(const char* text, int thread, StepKind kind, std::uintptr_t address, std::size_t size = 8) {
  Step step;
  step.text = text;
  step.thread = static_cast<std::uint8_t>(thread);
  step.kind = kind;
  step.address = address;
  step.size = size;
  return step;
}

std::vector<std::string> left(std::vector<Step> steps) {
  leave_out_what_is_private(steps);
  std::vector<std::string> texts;
  for (const Step& one : steps) texts.push_back(one.text);
  return texts;
}

TEST(Trimmed, AreAccessesToWhatOnlyOneThreadTouches) {
  EXPECT_THAT(
      left({step("writes its own", 1, StepKind::kWrite, 64), step("reads its own", 1, StepKind::kRead, 64),
            step("stores its own", 2, StepKind::kStore, 128), step("changes its own", 2, StepKind::kUpdate, 128)}),
      IsEmpty());
}

TEST(Trimmed, AreLooksAtWhatOnlyTheOneWhoLooksHasWritten) {
  EXPECT_THAT(left({step("writes", 1, StepKind::kStore, 64), step("looks at its own", 1, StepKind::kLoad, 64),
                    step("looks at the other's", 2, StepKind::kLoad, 64)}),
              ElementsAre("writes", "looks at the other's"));
}

TEST(Trimmed, AreLooksAtWhatNobodyWrites) {
  EXPECT_THAT(left({step("reads", 1, StepKind::kRead, 64), step("reads too", 2, StepKind::kRead, 64)}), IsEmpty());
}

TEST(Trimmed, IsAWriteThatOthersReadNever) {
  EXPECT_THAT(left({step("writes", 1, StepKind::kWrite, 64), step("reads", 2, StepKind::kRead, 64)}),
              ElementsAre("writes", "reads"));
  EXPECT_THAT(left({step("changes", 1, StepKind::kUpdate, 64), step("loads", 2, StepKind::kLoad, 64)}),
              ElementsAre("changes", "loads"));
}

TEST(Trimmed, IsAFaultOrAStaleReadNever) {
  auto fault = step("at fault", 1, StepKind::kRead, 64);
  fault.is_fault = true;
  auto stale = step("stale", 1, StepKind::kLoad, 128);
  stale.is_stale = true;
  EXPECT_THAT(left({fault, stale}), ElementsAre("at fault", "stale"));
}

TEST(Trimmed, IsALockOrAFenceNever) {
  EXPECT_THAT(left({step("locks", 1, StepKind::kOther, 64, 0), step("fence", 1, StepKind::kFence, 0, 0)}),
              ElementsAre("locks", "fence"));
}

TEST(Trimmed, IsNoPartOfALongAccessThatAnotherTouches) {
  // 64 bytes, of which another reads the last; and the eight behind them, which nobody else does.
  EXPECT_THAT(left({step("writes 64", 1, StepKind::kWrite, 64, 64), step("reads the last", 2, StepKind::kRead, 127, 1),
                    step("writes behind", 1, StepKind::kWrite, 128)}),
              ElementsAre("writes 64", "reads the last"));
}

TEST(Trimmed, IsNotWhatReachesIntoTheNextWord) {
  EXPECT_THAT(left({step("writes across", 1, StepKind::kWrite, 68, 8), step("reads", 2, StepKind::kRead, 72, 4)}),
              ElementsAre("writes across", "reads"));
}

TEST(Trimmed, IsNothingOfNothing) { EXPECT_THAT(left({}), IsEmpty()); }

}  // namespace
