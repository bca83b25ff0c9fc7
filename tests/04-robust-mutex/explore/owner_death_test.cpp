// Steps 5 to 7, in every order: a clerk dies with the lock, others wait for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <system_error>

#include "explored_bank.hpp"

namespace bank_explore {
namespace {

using explore::Scenario;
using judge::EndsWell;
using judge::explored;

struct Notes {
  lab::Money moved = 0;
};

/// With the lock held. The note is made before anybody else can get the lock.
void move_and_note(lab::Guard& guard, Notes& notes, lab::Money amount) {
  require_books(guard, kInitial - notes.moved);
  move(guard, amount);
  notes.moved += amount;
}

void work_and_die(lab::Bank& bank, Notes& notes) {
  auto guard = lab::lock(bank);
  move_and_note(guard, notes, 1);
  explore::die();
}

TEST(OwnerDeath, LeavesTheLockToAllOthers) {
  judge::lesson(5,
                "The first heir makes the mutex consistent, or the second one is told that nobody ever gets it again.");
  EXPECT_THAT(explored([](Scenario& s) {
                lab::Bank& bank = open(bank_memory());
                auto& notes = s.keep<Notes>();
                s.thread("who dies", [&] { work_and_die(bank, notes); });
                const auto inherit = [&] {
                  auto guard = lab::lock(bank);
                  move_and_note(guard, notes, 10);
                };
                s.thread("one heir", inherit);
                s.thread("another heir", inherit);
                s.finally([&] { explore::require(notes.moved == 21, "all three have worked"); });
              }),
              EndsWell());
}

TEST(OwnerDeath, CanHappenAgain) {
  judge::lesson(5, "An heir may die as well: each death is told to the next.");
  EXPECT_THAT(explored([](Scenario& s) {
                lab::Bank& bank = open(bank_memory());
                auto& notes = s.keep<Notes>();
                s.thread("who dies", [&] { work_and_die(bank, notes); });
                s.thread("who dies as well", [&] { work_and_die(bank, notes); });
                s.thread("who lives", [&] {
                  for (int i = 0; i < 2; ++i) {
                    auto guard = lab::lock(bank);
                    move_and_note(guard, notes, 10);
                  }
                });
              }),
              EndsWell());
}

TEST(OwnerDeath, IsToldToWhoHasADeadline) {
  judge::lesson(6,
                "ETIMEDOUT: the lock is somebody else's. Who goes on all the same changes what the other one reads.");
  EXPECT_THAT(explored([](Scenario& s) {
                lab::Bank& bank = open(bank_memory());
                auto& notes = s.keep<Notes>();
                s.thread("who dies", [&] { work_and_die(bank, notes); });
                s.thread("who has a deadline", [&] {
                  try {
                    auto guard = lab::lock_until(bank, shm::Deadline::after(std::chrono::hours{1}));
                    move_and_note(guard, notes, 10);
                  } catch (const std::system_error& error) {
                    explore::require(error.code().value() == ETIMEDOUT,
                                     "a lock that can't be had in time is ETIMEDOUT");
                  }
                });
                s.thread("who has none", [&] {
                  auto guard = lab::lock(bank);
                  move_and_note(guard, notes, 100 - 11);
                });
              }),
              EndsWell());
}

TEST(OwnerDeath, MayEndTheBank) {
  judge::lesson(
      7, "Of those who wait when the bank is given up, each is told; nobody gets the lock, nobody waits for ever.");
  EXPECT_THAT(explored([](Scenario& s) {
                lab::Bank& bank = open(bank_memory());
                auto& notes = s.keep<Notes>();
                auto& is_lost = s.keep<bool>(false);
                s.thread("who dies", [&] { work_and_die(bank, notes); });
                const auto doubt = [&] {
                  const auto audit = [&is_lost](const lab::Guard& /*guard*/) {
                    is_lost = true;
                    return false;
                  };
                  try {
                    auto guard = lab::lock(bank, audit);
                    explore::require(!is_lost, "nobody gets the lock of a bank that was given up");
                    move_and_note(guard, notes, 10);
                  } catch (const std::system_error& error) {
                    explore::require(error.code().value() == ENOTRECOVERABLE, "what was given up is ENOTRECOVERABLE");
                    explore::require(is_lost, "a bank is given up by an audit only");
                  }
                };
                s.thread("one who audits", doubt);
                s.thread("another who audits", doubt);
              }),
              EndsWell());
}

}  // namespace
}  // namespace bank_explore
