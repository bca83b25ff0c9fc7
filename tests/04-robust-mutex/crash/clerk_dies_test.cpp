// A clerk dies at each of its crash points, with the lock and without; another one goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "clerk.hpp"
#include "explore/scenario.hpp"
#include "testing/crash.hpp"
#include "testing/lesson.hpp"
#include "testing/shared.hpp"

namespace bank_crash {
namespace {

using judge::crash_sweep;
using judge::IsSurvived;
using judge::SharedMemory;
using lab04::Clerk;
using lab04::kInitial;
using lab04::kTotal;

constexpr lab::Money kFirst = 30;   // that a victim moves from account 0 to account 1
constexpr lab::Money kSecond = 45;  // and then from account 1 to account 2

/// What the victim is sure of: its call has returned.
struct Done {
  int transfers = 0;
  int made_by_survivors = 0;
};

/// The bank, made anew before each death, with a first transfer that leaves its traces.
class SweptBank {
 public:
  void make_anew() {
    *done_ = {};
    const auto mapping = memory_.map();
    std::memset(mapping.data(), 0, mapping.size());
    lab::Bank& bank = lab::open_bank(mapping.bytes(), lab04::kAccounts, kInitial, judge::in_good_time());
    auto guard = lab::lock(bank);
    explore::require(lab::transfer(guard, 1, 0, 5), "there is enough money");
    explore::require(lab::transfer(guard, 0, 1, 5), "there is enough money");
  }
  [[nodiscard]] const SharedMemory& memory() const { return memory_; }
  Done& done() { return *done_; }

  void move_twice() {
    const Clerk clerk{memory_};
    auto guard = lab::lock(clerk.bank);
    if (lab::transfer(guard, 0, 1, kFirst)) done().transfers = 1;
    if (lab::transfer(guard, 1, 2, kSecond)) done().transfers = 2;
  }

  /// With the lock held: the victim's transfers have happened in their order, each wholly or not at all.
  void require_books(const lab::Guard& guard) {
    explore::require(lab::total(guard) == kTotal, "the sum has not changed");
    const lab::Money second = lab::balance(guard, 2) == kInitial ? 0 : kSecond;
    const lab::Money first = second != 0 || lab::balance(guard, 1) != kInitial ? kFirst : 0;
    explore::require(lab::balance(guard, 0) == kInitial - first &&
                         lab::balance(guard, 1) == kInitial + first - second &&
                         lab::balance(guard, 2) == kInitial + second,
                     "a transfer has happened wholly or not at all");
    const int happened = second != 0 ? 2 : first != 0 ? 1 : 0;
    explore::require(happened >= done().transfers, "a transfer that has returned has happened");
  }

 private:
  SharedMemory memory_{4096};
  judge::Shared<Done> done_;
};

judge::Crash crash_of(SweptBank& bank) {
  return {.prepare = [&bank] { bank.make_anew(); },
          .victim = [&bank] { bank.move_twice(); },
          .survivor = {},
          .victim_name = "the clerk",
          .survivor_name = "its heir"};
}

TEST(ClerkDies, InTheMiddleOfATransfer) {
  judge::lesson(5,
                "A clerk may die between any two of its writes. The record is written first, declared valid next, and "
                "dropped last.");
  SweptBank bank;
  judge::Crash crash = crash_of(bank);
  crash.survivor = [&bank] {
    const Clerk clerk{bank.memory()};
    bank.require_books(lab::lock(clerk.bank));
    auto guard = lab::lock(clerk.bank);  // and once more
    explore::require(lab::transfer(guard, 0, 1, 1), "the bank goes on");
  };
  EXPECT_THAT(crash_sweep(crash), IsSurvived());
}

TEST(ClerkDies, AndItsHeirDuringTheRepair) {
  judge::lesson(
      5,
      "Who repairs may die as well. So a repair writes values, not differences, and drops the record when both "
      "accounts are right again.");
  SweptBank bank;
  judge::Crash crash = crash_of(bank);
  crash.survivor = [&bank] {
    const Clerk clerk{bank.memory()};
    bank.require_books(lab::lock(clerk.bank));
  };
  crash.survivor_dies_too = true;
  EXPECT_THAT(crash_sweep(crash), IsSurvived());
}

TEST(ClerkDies, AndItsHeirInTheMiddleOfATransfer) {
  judge::lesson(5, "Nothing that the repair of one death leaves may harm the repair of the next.");
  SweptBank bank;
  judge::Crash crash = crash_of(bank);
  crash.victim = [&bank] {
    const Clerk clerk{bank.memory()};
    auto guard = lab::lock(clerk.bank);
    static_cast<void>(lab::transfer(guard, 0, 1, kFirst));
  };
  crash.survivor = [&bank] {
    const Clerk clerk{bank.memory()};
    auto guard = lab::lock(clerk.bank);
    explore::require(lab::total(guard) == kTotal, "the sum has not changed");
    explore::require(lab::balance(guard, 2) >= bank.done().made_by_survivors,
                     "a transfer that has returned has happened");
    if (lab::transfer(guard, 1, 2, 1)) ++bank.done().made_by_survivors;
  };
  crash.survivor_dies_too = true;
  EXPECT_THAT(crash_sweep(crash), IsSurvived());
}

TEST(ClerkDies, FoundByOneWithADeadline) {
  judge::lesson(6, "A timed lock inherits what any other would, at every moment of the death.");
  SweptBank bank;
  judge::Crash crash = crash_of(bank);
  crash.survivor = [&bank] {
    const Clerk clerk{bank.memory()};
    for (int i = 0; i < 2; ++i) bank.require_books(lab::lock_until(clerk.bank, judge::in_good_time()));
  };
  EXPECT_THAT(crash_sweep(crash), IsSurvived());
}

TEST(ClerkDies, AndItsHeirDuringTheAudit) {
  judge::lesson(7, "An audit comes after the repair and finds the sum, whenever the clerk and its heirs have died.");
  SweptBank bank;
  judge::Crash crash = crash_of(bank);
  crash.survivor = [&bank] {
    const Clerk clerk{bank.memory()};
    const auto audit = [](const lab::Guard& guard) { return lab::total(guard) == kTotal; };
    bank.require_books(lab::lock(clerk.bank, audit));
  };
  crash.survivor_dies_too = true;
  EXPECT_THAT(crash_sweep(crash), IsSurvived());
}

}  // namespace
}  // namespace bank_crash
