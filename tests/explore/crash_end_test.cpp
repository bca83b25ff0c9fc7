// How sweeps end that do not end well, and that nothing stays behind.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "place.hpp"
#include "shm/not_implemented.hpp"
#include "testing/crash.hpp"
#include "testing/fresh_name.hpp"
#include "testing/matchers.hpp"
#include "testing/shared.hpp"
#include "testing/verdict.hpp"

namespace {

using judge::crash_sweep;
using judge::DiesOf;
using judge::EndsAs;
using judge::IsSurvived;
using judge::IsSurvivedSoFar;
using judge::Kind;
using judge::Shared;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

void nothing() {}
void unsolved() { throw shm::NotImplemented{"step 3: attach"}; }

TEST(CrashSweep, SaysThatTheSurvivorEndsByAnException) {
  const auto outcome =
      crash_sweep({.prepare = nothing, .victim = nothing, .survivor = [] { throw std::runtime_error{"no room"}; }});
  EXPECT_THAT(outcome, Not(IsSurvived()));
  EXPECT_EQ(outcome.value->story.what, "the survivor ended by an exception: no room");
}

TEST(CrashSweep, SaysThatTheSurvivorEndsByWhatIsNoException) {
  const auto outcome = crash_sweep({.prepare = nothing, .victim = nothing, .survivor = [] { throw 7; }});
  EXPECT_THAT(outcome, Not(IsSurvived()));
  EXPECT_EQ(outcome.value->story.what, "the survivor ended by an exception: something that is no std::exception");
}

TEST(CrashSweep, SaysWhichSignalKilledTheSurvivor) {
  const auto outcome = crash_sweep({.prepare = nothing, .victim = nothing, .survivor = [] { ::raise(SIGSEGV); }});
  EXPECT_THAT(outcome, Not(IsSurvived()));
  EXPECT_THAT(outcome.value->story.what, StartsWith("the survivor was killed by SIGSEGV"));
}

TEST(CrashSweep, SaysThatTheVictimIsKilledByAnotherHand) {
  const auto outcome = crash_sweep({.prepare = nothing, .victim = [] { ::raise(SIGBUS); }, .survivor = nothing});
  EXPECT_THAT(outcome, Not(IsSurvived()));
  EXPECT_THAT(outcome.value->story.what, StartsWith("the victim was killed by SIGBUS"));
}

TEST(CrashSweep, SaysThatTheVictimLeavesEarly) {
  const auto outcome = crash_sweep({.prepare = nothing, .victim = [] { ::_exit(0); }, .survivor = nothing});
  EXPECT_THAT(outcome, Not(IsSurvived()));
  EXPECT_THAT(outcome.value->story.what, HasSubstr("exit"));
}

TEST(CrashSweep, SaysThatTheSurvivorLeavesEarly) {
  const auto outcome = crash_sweep({.prepare = nothing, .victim = nothing, .survivor = [] { ::_exit(0); }});
  EXPECT_THAT(outcome, Not(IsSurvived()));
  EXPECT_THAT(outcome.value->story.what, StartsWith("the survivor left through exit"));
}

TEST(CrashSweep, SaysWhichOfTwoSurvivorsIsNotContent) {
  Place<int> count;
  const auto outcome = crash_sweep({.prepare = [&] { count.make_anew(); },
                                    .victim = [&] { *count = 1; },
                                    .survivor =
                                        [&] {
                                          explore::require(*count != 2, "nobody was here before");
                                          if (*count == 1) *count = 2;
                                          if (*count == 2) *count = 3;
                                        },
                                    .survivor_dies_too = true});
  EXPECT_THAT(outcome, Not(IsSurvived()));
  EXPECT_THAT(outcome.value->story.threads, testing::ElementsAre("the victim", "the survivor", "the one after"));
  EXPECT_EQ(outcome.value->story.steps.back().thread, 3);
}

// In a test of a lab, the verdict would be "not started"; here it is what is looked for.
void expect_not_started(const judge::Crash& crash) {
  EXPECT_THAT(crash_sweep(crash), EndsAs(Kind::kNotStarted));
  judge::detail::notes().endings.clear();
}

TEST(CrashSweep, OfAnUnsolvedStepIsNotStarted) {
  expect_not_started({.prepare = nothing, .victim = unsolved, .survivor = nothing});
  expect_not_started({.prepare = nothing, .victim = nothing, .survivor = unsolved});
  expect_not_started({.prepare = unsolved, .victim = nothing, .survivor = nothing});
}

TEST(CrashSweep, FailsWithItsPreparation) {
  EXPECT_THAT(crash_sweep({.prepare = [] { ::raise(SIGBUS); }, .victim = nothing, .survivor = nothing}),
              DiesOf(SIGBUS));
  EXPECT_THAT(
      crash_sweep({.prepare = [] { throw std::runtime_error{"no room"}; }, .victim = nothing, .survivor = nothing}),
      judge::Throws("std::runtime_error"));
}

TEST(CrashSweep, StopsAtItsLimitAndSaysSo) {
  Place<std::array<std::uint64_t, 30>> words;
  const auto sweep = [&](std::uint64_t most) {
    return crash_sweep({.prepare = [&] { words.make_anew(); },
                        .victim =
                            [&] {
                              for (std::uint64_t i = 0; i < words->size(); ++i) (*words)[i] = i + 1;
                            },
                        .survivor = nothing,
                        .most_deaths = most});
  };
  const auto cut = sweep(10);
  EXPECT_THAT(cut, IsSurvivedSoFar());
  EXPECT_EQ(cut.value->deaths, 10U);
  EXPECT_FALSE(cut.value->complete);
  const auto whole = sweep(32);
  EXPECT_EQ(whole.value->deaths, 32U);
  EXPECT_TRUE(whole.value->complete);
}

// ---- What stays behind: the report of a test looks for processes and objects, too
// ------------------------------------

TEST(CrashSweep, LeavesNoProcessBehindWhenASurvivorHangs) {
  Shared<std::atomic<pid_t>> hung;
  const auto outcome = crash_sweep({.prepare = nothing,
                                    .victim = nothing,
                                    .survivor =
                                        [&] {
                                          hung->store(::getpid());
                                          for (;;) ::pause();
                                        },
                                    .deadline = std::chrono::milliseconds{100}});
  EXPECT_THAT(outcome, Not(IsSurvived()));
  EXPECT_EQ(outcome.value->story.what, "the survivor does not come to an end");
  EXPECT_EQ(::kill(hung->load(), 0), -1);
}

TEST(CrashSweep, LeavesNoProcessOfADeadVictimsBehind) {
  Shared<std::atomic<pid_t>> left;
  Place<int> value;
  const auto outcome = crash_sweep({.prepare = [&] { value.make_anew(); },
                                    .victim =
                                        [&] {
                                          const pid_t child = ::fork();
                                          if (child == 0) {
                                            for (;;) ::pause();
                                          }
                                          left->store(child);
                                          *value = 1;
                                          ::kill(child, SIGKILL);
                                          while (::waitpid(child, nullptr, 0) == -1) {
                                          }
                                        },
                                    .survivor = nothing});
  // A victim that died has left its child to nobody: that is told as a leak, or it is ended in silence; it never stays.
  EXPECT_TRUE(outcome.kind == Kind::kReturned || outcome.kind == Kind::kLeaked) << outcome.sentence();
  EXPECT_EQ(::kill(left->load(), 0), -1);
}

}  // namespace
