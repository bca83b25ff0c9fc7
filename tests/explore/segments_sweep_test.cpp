// SysV segments, and objects, in crash sweeps.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include <atomic>
#include <string>

#include "explored.hpp"
#include "segments.hpp"
#include "testing/belongings.hpp"
#include "testing/crash.hpp"
#include "testing/fresh_name.hpp"

namespace {

using explore::require;
using segments::fresh_key;
using segments::kPage;
using segments::status_of;
using testing::HasSubstr;

/// Whoever dies while it makes a segment leaves it half-made.
judge::Outcome<judge::CrashSweep> sweep_creation(key_t key, bool waits_for_magic) {
  constexpr int kMagic = 42;
  return judge::crash_sweep({.prepare = [] {},
                             .victim =
                                 [=] {
                                   const int id = ::shmget(key, kPage, IPC_CREAT | IPC_EXCL | 0600);
                                   auto* const words = static_cast<std::atomic<int>*>(::shmat(id, nullptr, 0));
                                   words[1].store(7);
                                   words[0].store(kMagic);
                                   ::shmdt(words);
                                 },
                             .survivor =
                                 [=] {
                                   const int id = ::shmget(key, 0, 0);
                                   if (id == -1) return;
                                   require(status_of(id).shm_nattch == 0, "who has died has nothing attached");
                                   auto* const words = static_cast<std::atomic<int>*>(::shmat(id, nullptr, SHM_RDONLY));
                                   if (waits_for_magic && words[0].load() != kMagic) return;
                                   require(words[1].load() == 7, "what is there is filled");
                                   ::shmdt(words);
                                 },
                             .victim_name = "the creator"});
}

TEST(SegmentsInASweep, AreMadeAnewForEachDeath) {
  const auto before = judge::detail::segments();
  const auto outcome = sweep_creation(fresh_key(), true);
  EXPECT_THAT(outcome, judge::IsSurvived());
  EXPECT_EQ(outcome.value->deaths, 7U) << "five calls and writes, at the end, and none at all";
  EXPECT_TRUE(judge::detail::segments_left_behind(before).empty());
}

TEST(SegmentsInASweep, AreToldInItsStory) {
  const auto outcome = sweep_creation(fresh_key(), false);
  EXPECT_THAT(outcome, testing::Not(judge::IsSurvived()));
  std::vector<std::string> told;
  for (const auto& step : outcome.value->story.steps) told.push_back(step.text);
  EXPECT_THAT(told, ElementsAre(testing::AllOf(testing::StartsWith("calls shmget(0x"),
                                               testing::EndsWith(", 4096, IPC_CREAT|IPC_EXCL) → segment 1")),
                                "dies before it does this", testing::EndsWith(", 0) → segment 1"),
                                "calls shmctl(segment 1, IPC_STAT) → 0 attached", "calls shmat(segment 1, SHM_RDONLY)",
                                "reads 0"));
}

/// One who comes after the dead removes what has the key, or does not.
judge::Outcome<judge::CrashSweep> sweep_removal(key_t key, bool removes, key_t key_of_dead) {
  return judge::crash_sweep({.prepare = [] {},
                             .victim =
                                 [=] {
                                   const int id = ::shmget(key_of_dead, kPage, IPC_CREAT | IPC_EXCL | 0600);
                                   ::shmctl(id, IPC_RMID, nullptr);
                                 },
                             .survivor =
                                 [=] {
                                   const int id = ::shmget(key, 0, 0);
                                   if (id != -1 && removes) ::shmctl(id, IPC_RMID, nullptr);
                                 },
                             .leaves_nothing = true});
}

TEST(SegmentsInASweep, AreSeenToBeLeft) {
  const key_t key = fresh_key();
  EXPECT_THAT(sweep_removal(key, true, key), judge::IsSurvived());
  const auto left = sweep_removal(key, false, key);
  EXPECT_THAT(left, testing::Not(judge::IsSurvived()));
  EXPECT_THAT(left.value->story.what, testing::AllOf(HasSubstr("the SysV segment with the key"),
                                                     HasSubstr("is left when the survivor has gone")));
  EXPECT_THAT(sweep_removal(key, true, IPC_PRIVATE), testing::Not(judge::IsSurvived()))
      << "without a key, nobody finds it";
}

TEST(ObjectsInASweep, AreSeenToBeLeft) {
  const judge::FreshName name;
  const auto sweep = [&](bool removes) {
    return judge::crash_sweep({.prepare = [] {},
                               .victim =
                                   [&] {
                                     ::close(::shm_open(name.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
                                     ::shm_unlink(name.c_str());
                                   },
                               .survivor =
                                   [&, removes] {
                                     if (removes) ::shm_unlink(name.c_str());
                                   },
                               .leaves_nothing = true});
  };
  EXPECT_THAT(sweep(true), judge::IsSurvived());
  const auto left = sweep(false);
  EXPECT_THAT(left, testing::Not(judge::IsSurvived()));
  EXPECT_EQ(left.value->story.what, "the object /dev/shm" + name.str() + " is left when the survivor has gone");
}

}  // namespace
