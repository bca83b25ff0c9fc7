// Step 5: a clerk dies, another one finds all in order.
#include <gtest/gtest.h>

#include <array>
#include <cerrno>

#include "deaths.hpp"
#include "support.hpp"

namespace {

using judge::DiesOf;
using judge::lesson;
using judge::Returns;
using judge::ReturnsNormally;
using judge::SharedMemory;
using judge::subject;
using lab04::Clerk;
using testing::ElementsAre;

TEST(Death, OfAClerkIsNoError) {
  lesson(5, "EOWNERDEAD does not say that locking failed: you hold the lock, and a duty with it");
  const SharedMemory memory;
  EXPECT_THAT(lab04::clerk_that_dies(memory, 30).outcome(), DiesOf(SIGKILL));
  EXPECT_THAT(lab04::balances_found(memory), Returns(ElementsAre(70, 130, 100)));
}

TEST(Death, LeavesTheBankToAllWhoCome) {
  lesson(5, "without pthread_mutex_consistent the first unlock after a death is the last: ENOTRECOVERABLE for ever");
  const SharedMemory memory;
  EXPECT_THAT(lab04::clerk_that_dies(memory, 30).outcome(), DiesOf(SIGKILL));
  EXPECT_THAT(lab04::balances_found(memory), Returns(ElementsAre(70, 130, 100)));
  EXPECT_THAT(lab04::balances_found(memory), Returns(ElementsAre(70, 130, 100)));
  EXPECT_THAT(lab04::clerk_that_dies(memory, 10).outcome(), DiesOf(SIGKILL));
  EXPECT_THAT(lab04::balances_found(memory), Returns(ElementsAre(60, 140, 100)));
}

TEST(Death, UndoesNothingThatHasHappened) {
  lesson(5, "a transfer that has returned has been reported: the record of it must be gone by then");
  const SharedMemory memory;
  EXPECT_THAT(subject([&] {
                const Clerk clerk{memory};
                auto guard = lab::lock(clerk.bank);
                return lab::transfer(guard, 2, 0, 50);
              }),
              Returns(true));
  EXPECT_THAT(subject([&] {
                const Clerk clerk{memory};
                const auto guard = lab::lock(clerk.bank);
                lab04::die();
              }),
              DiesOf(SIGKILL));
  EXPECT_THAT(lab04::balances_found(memory), Returns(ElementsAre(150, 100, 50)));
}

TEST(Death, ByAnExitCountsAsWell) {
  lesson(5, "a process that ends with the lock held is a dead owner, whether it was killed or left by exit");
  const SharedMemory memory;
  EXPECT_THAT(subject([&] {
                const Clerk clerk{memory};
                const auto guard = lab::lock(clerk.bank);
                ::_exit(3);
              }),
              judge::Exits(3));
  EXPECT_THAT(lab04::balances_found(memory), Returns(ElementsAre(100, 100, 100)));
}

/// Banks of several pages, so that a transfer between its ends writes to more than one.
constexpr std::size_t kMany = 1500;

/// A clerk moves 30, and dies before it first writes to that page; if it never does, then right after the transfer.
/// What the two accounts hold then, found by the next.
lab04::Balances after_death_at(const SharedMemory& memory, std::size_t page, std::size_t from, std::size_t to) {
  EXPECT_THAT(subject([&] {
                Clerk clerk{memory, kMany};
                auto guard = lab::lock(clerk.bank);
                lab04::die_at_page(clerk.mapping, page);
                static_cast<void>(lab::transfer(guard, from, to, 30));
                lab04::die();
              }),
              DiesOf(SIGKILL));
  const auto found = subject([&] {
    const Clerk clerk{memory, kMany};
    const auto guard = lab::lock(clerk.bank);
    return lab04::Balances{lab::balance(guard, from), lab::balance(guard, to)};
  });
  EXPECT_THAT(found, ReturnsNormally());
  return found.value.value_or(lab04::Balances{});
}

TEST(Death, InTheMiddleOfATransferLosesNoMoney) {
  lesson(
      5,
      "to the compiler, a plain flag that is set and cleared again was never set: it leaves the first store out, and "
      "your record is never valid");
  constexpr std::size_t kPages = 16;
  for (std::size_t i = 0; i < 2 * kPages; ++i) {
    const SharedMemory memory{kPages * lab04::kPage};
    const bool upwards = i < kPages;
    const auto found = after_death_at(memory, i % kPages, upwards ? 0 : kMany - 1, upwards ? kMany - 1 : 0);
    ASSERT_THAT(found, testing::AnyOf(ElementsAre(100, 100), ElementsAre(70, 130)))
        << "when the clerk dies before its first write to page " << i % kPages << " of the bank, from account "
        << (upwards ? "0 to the last" : "the last to 0");
  }
}

}  // namespace
