// Crash sweeps: what dies in the middle, and what is found afterwards.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "place.hpp"
#include "testing/crash.hpp"
#include "testing/shared.hpp"

namespace {

using explore::require;
using judge::crash_sweep;
using judge::IsSurvived;
using testing::HasSubstr;
using testing::Not;

template <typename T>
std::string story_of(const judge::Outcome<T>& outcome) {
  return outcome.value ? judge::told(outcome.value->story) : outcome.sentence();
}

// ---- A message of several words and the flag that publishes it
// -------------------------------------------------------

struct Message {
  std::atomic<int> is_ready{0};
  std::array<std::uint64_t, 4> words{};
};

constexpr std::array<std::uint64_t, 4> kWords{1, 2, 3, 4};

judge::Outcome<judge::CrashSweep> sweep_message(void (*send)(Message&)) {
  Place<Message> place;
  return crash_sweep({.prepare = [&] { place.make_anew(); },
                      .victim = [&] { send(*place); },
                      .survivor =
                          [&] {
                            if (place->is_ready.load() == 0) return;
                            require(place->words == kWords, "a message that is ready is whole");
                          },
                      .victim_name = "the sender",
                      .survivor_name = "the receiver"});
}

TEST(CrashSweep, IsContentWithWhatIsPublishedLast) {
  const auto outcome = sweep_message([](Message& message) {
    message.words = kWords;
    message.is_ready.store(1);
  });
  EXPECT_THAT(outcome, IsSurvived());
  // It lives; it dies before the copy, after one, two or three words of it, before the flag is set, and at its end.
  EXPECT_EQ(outcome.value->deaths, 7U);
  EXPECT_TRUE(outcome.value->complete);
}

TEST(CrashSweep, DiesBetweenTwoWrites) {
  const auto outcome = sweep_message([](Message& message) {
    message.is_ready.store(1);
    message.words = kWords;
  });
  EXPECT_THAT(outcome, Not(IsSurvived()));
  EXPECT_EQ(outcome.value->story.what, "it does not hold that a message that is ready is whole");
}

TEST(CrashSweep, DiesInTheMiddleOfACopy) {
  const auto outcome = sweep_message([](Message& message) {
    // Whole or untouched, it would be found in order.
    std::memcpy(&message.words, &kWords, sizeof kWords);
    if (message.words[3] == 4) message.is_ready.store(1);
  });
  EXPECT_THAT(outcome, IsSurvived());
  struct Pair {
    std::uint64_t left;
    std::uint64_t right;
  };
  Place<Pair> place;
  const auto torn = crash_sweep({.prepare = [&] { place.make_anew(); },
                                 .victim =
                                     [&] {
                                       const Pair fresh{7, 7};
                                       std::memcpy(&*place, &fresh, sizeof fresh);
                                     },
                                 .survivor = [&] { require(place->left == place->right, "both are of one version"); }});
  EXPECT_THAT(torn, Not(IsSurvived()));
  EXPECT_THAT(story_of(torn), HasSubstr("dies when 8 bytes of them are written"));
}

TEST(CrashSweep, DiesInTheMiddleOfAnAssignment) {
  struct Four {
    std::array<std::uint64_t, 4> words;
  };
  Place<Four> place;
  const auto torn =
      crash_sweep({.prepare = [&] { place.make_anew(); },
                   .victim =
                       [&] {
                         const Four fresh{{7, 7, 7, 7}};
                         *place = fresh;
                       },
                   .survivor = [&] { require(place->words[0] == place->words[3], "it is one version"); }});
  EXPECT_THAT(torn, Not(IsSurvived()));
}

// ---- Two accounts, a robust mutex and a note of what is under way
// ------------------------------------------------------

struct Bank {
  pthread_mutex_t mutex;
  std::int64_t left = 50;
  std::int64_t right = 50;
  std::int64_t is_under_way = 0;
  std::int64_t left_before = 0;
  std::int64_t right_before = 0;

  Bank() {
    pthread_mutexattr_t attributes;
    ::pthread_mutexattr_init(&attributes);
    ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    ::pthread_mutex_init(&mutex, &attributes);
    ::pthread_mutexattr_destroy(&attributes);
  }
};

void transfer(Bank& bank, std::int64_t amount) {
  bank.left_before = bank.left;
  bank.right_before = bank.right;
  __atomic_store_n(&bank.is_under_way, 1, __ATOMIC_RELEASE);
  bank.left -= amount;
  bank.right += amount;
  __atomic_store_n(&bank.is_under_way, 0, __ATOMIC_RELEASE);
}

void transfer_without_a_note(Bank& bank, std::int64_t amount) {
  bank.left -= amount;
  bank.right += amount;
}

void repair(Bank& bank) {
  if (__atomic_load_n(&bank.is_under_way, __ATOMIC_ACQUIRE) == 0) return;
  bank.left = bank.left_before;
  bank.right = bank.right_before;
  __atomic_store_n(&bank.is_under_way, 0, __ATOMIC_RELEASE);
}

void repair_but_forget_first(Bank& bank) {
  if (__atomic_exchange_n(&bank.is_under_way, 0, __ATOMIC_ACQ_REL) == 0) return;
  bank.left = bank.left_before;
  bank.right = bank.right_before;
}

judge::Outcome<judge::CrashSweep> sweep_bank(void (*move)(Bank&, std::int64_t), void (*mend)(Bank&), bool twice) {
  Place<Bank> bank;
  return crash_sweep({.prepare = [&] { bank.make_anew(); },
                      .victim =
                          [&] {
                            ::pthread_mutex_lock(&bank->mutex);
                            move(*bank, 7);
                            ::pthread_mutex_unlock(&bank->mutex);
                          },
                      .survivor =
                          [&] {
                            if (::pthread_mutex_lock(&bank->mutex) == EOWNERDEAD) {
                              mend(*bank);
                              ::pthread_mutex_consistent(&bank->mutex);
                            }
                            require(bank->left + bank->right == 100, "no money is lost or made");
                            ::pthread_mutex_unlock(&bank->mutex);
                          },
                      .survivor_dies_too = twice});
}

TEST(CrashSweep, IsContentWithARepair) { EXPECT_THAT(sweep_bank(transfer, repair, false), IsSurvived()); }

TEST(CrashSweep, IsContentWithARepairThatCanBeginAnew) {
  EXPECT_THAT(sweep_bank(transfer, repair, true), IsSurvived());
}

TEST(CrashSweep, FindsThatNothingIsRepaired) {
  const auto outcome = sweep_bank(transfer_without_a_note, repair, false);
  EXPECT_THAT(outcome, Not(IsSurvived()));
  EXPECT_THAT(story_of(outcome), HasSubstr("dies before it does this"));
}

TEST(CrashSweep, FindsARepairThatMayNotBeInterrupted) {
  EXPECT_THAT(sweep_bank(transfer, repair_but_forget_first, false), IsSurvived());
  EXPECT_THAT(sweep_bank(transfer, repair_but_forget_first, true), Not(IsSurvived()));
}

// ---- Other ends
// -----------------------------------------------------------------------------------------------------------

TEST(CrashSweep, SaysThatASurvivorHangs) {
  Place<pthread_mutex_t> mutex;  // not robust
  const auto lock_and_unlock = [&] {
    ::pthread_mutex_lock(&*mutex);
    ::pthread_mutex_unlock(&*mutex);
  };
  const auto outcome = crash_sweep({.prepare =
                                        [&] {
                                          mutex.make_anew();
                                          pthread_mutexattr_t attributes;
                                          ::pthread_mutexattr_init(&attributes);
                                          ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
                                          ::pthread_mutex_init(&*mutex, &attributes);
                                        },
                                    .victim = lock_and_unlock,
                                    .survivor = lock_and_unlock,
                                    .deadline = std::chrono::milliseconds{300}});
  EXPECT_THAT(outcome, Not(IsSurvived()));
  EXPECT_EQ(outcome.value->story.what, "the survivor does not come to an end");
}

TEST(CrashSweep, SaysThatItGoesWrongByItself) {
  Place<int> place;
  const auto outcome = crash_sweep({.prepare = [&] { place.make_anew(); },
                                    .victim = [&] { *place = 1; },
                                    .survivor = [&] { require(*place == 0, "nothing has changed"); }});
  EXPECT_THAT(outcome, Not(IsSurvived()));
  EXPECT_EQ(outcome.value->story.because, "Nobody has died here: it goes wrong by itself.");
}

TEST(CrashSweep, SaysThatTheVictimEndsByAnException) {
  const auto outcome =
      crash_sweep({.prepare = [] {}, .victim = [] { throw std::runtime_error{"no room"}; }, .survivor = [] {}});
  EXPECT_THAT(outcome, Not(IsSurvived()));
  EXPECT_EQ(outcome.value->story.what, "the victim ended by an exception: no room");
}

TEST(CrashSweep, TellsWhatAnExceptionSaysEvenIfItIsNoText) {
  const auto outcome = crash_sweep({.prepare = [] {},
                                    .victim =
                                        [] {
                                          throw std::runtime_error{
                                              "gr\xf6\xdf"
                                              "er"};
                                        },
                                    .survivor = [] {}});
  EXPECT_THAT(outcome, Not(IsSurvived()));
  EXPECT_THAT(outcome.value->story.what, HasSubstr("the victim ended by an exception: gr"));
}

TEST(CrashSweep, DoesNotCountWritesIntoPrivateMemory) {
  int mine = 0;
  const auto outcome = crash_sweep({.prepare = [] {}, .victim = [&] { mine = 1; }, .survivor = [] {}});
  EXPECT_EQ(mine, 0) << "only the victim's has changed";
  EXPECT_EQ(outcome.value->deaths, 2U) << "it lives, and it dies at its end";
}

}  // namespace
