// Steps 2 to 4, in every order: who makes the bank, and who works there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "explored_bank.hpp"

namespace bank_explore {
namespace {

using explore::Scenario;
using judge::EndsWell;
using judge::explored;

TEST(OpenRace, WhoFindsABankFindsItWhole) {
  judge::lesson(
      4,
      "A flag that is stored without release, or read without acquire, may be seen before what it announces. Handout: "
      "\"Made exactly once\".");
  EXPECT_THAT(explored([](Scenario& s) {
                const auto memory = bank_memory();
                s.thread("who makes it", [memory] { static_cast<void>(open(memory)); });
                s.thread("who finds it", [memory] { require_books(lab::lock(open(memory)), kInitial); });
              }),
              EndsWell());
}

TEST(OpenRace, HasOneWinnerInEveryOrder) {
  judge::lesson(4,
                "Look and claim must be one step. Whoever makes the bank a second time takes away what was moved. "
                "Handout: \"Made "
                "exactly once\".");
  EXPECT_THAT(explored([](Scenario& s) {
                const auto memory = bank_memory();
                const auto come = [memory] {
                  auto guard = lab::lock(open(memory));
                  move(guard, 1);
                };
                s.thread("the one", come);
                s.thread("the other", come);
                s.finally([memory] { require_books(lab::lock(open(memory)), kInitial - 2); });
              }),
              EndsWell());
}

TEST(EveryOrder, OfClerksKeepsTheSum) {
  judge::lesson(4, "Between your look at an account and your change of it, nobody else may come.");
  EXPECT_THAT(explored([](Scenario& s) {
                lab::Bank& bank = open(bank_memory());
                s.thread("one clerk", [&bank] {
                  auto guard = lab::lock(bank);
                  move(guard, 1);
                });
                s.thread("another clerk", [&bank] {
                  auto guard = lab::lock(bank);
                  move(guard, 10);
                });
                s.finally([&bank] { require_books(lab::lock(bank), kInitial - 11); });
              }),
              EndsWell());
}

}  // namespace
}  // namespace bank_explore
