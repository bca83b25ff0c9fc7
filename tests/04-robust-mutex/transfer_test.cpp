// Step 4: money moves, and never gets lost.
#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

#include "support.hpp"

namespace {

using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::SharedMemory;
using judge::start;
using judge::subject;
using judge::ThrowsErrno;
using lab04::Clerk;
using lab04::kAccounts;
using lab04::kTotal;
using testing::ElementsAre;

/// Does it with the lock held, in a process of its own.
template <typename Work>
auto by_a_clerk(const SharedMemory& memory, Work work) {
  return subject([&memory, work] {
    const Clerk clerk{memory};
    auto guard = lab::lock(clerk.bank);
    return work(guard);
  });
}

TEST(Transfer, MovesTheAmount) {
  lesson(4, "what one account loses the other gets, and no third one notices");
  const SharedMemory memory;
  const auto amount = static_cast<lab::Money>(random_between(1, 99));
  EXPECT_THAT(by_a_clerk(memory, [&](lab::Guard& guard) { return lab::transfer(guard, 2, 0, amount); }), Returns(true));
  EXPECT_THAT(lab04::balances_found(memory), Returns(ElementsAre(100 + amount, 100, 100 - amount)));
}

TEST(Transfer, MayTakeAllThereIs) {
  lesson(4, "an account of 0 is an account: only below 0 is forbidden");
  const SharedMemory memory;
  EXPECT_THAT(by_a_clerk(memory, [](lab::Guard& guard) { return lab::transfer(guard, 0, 1, 100); }), Returns(true));
  EXPECT_THAT(lab04::balances_found(memory), Returns(ElementsAre(0, 200, 100)));
}

TEST(Transfer, RefusesMoreThanThereIs) {
  lesson(4, "too little money is no mistake of the program's: the answer is no, and nothing has changed");
  const SharedMemory memory;
  EXPECT_THAT(by_a_clerk(memory, [](lab::Guard& guard) { return lab::transfer(guard, 0, 1, 101); }), Returns(false));
  EXPECT_THAT(lab04::balances_found(memory), Returns(ElementsAre(100, 100, 100)));
}

TEST(Transfer, RefusesAccountsThatAreNone) {
  lesson(4, "an account beyond the last one is somebody else's memory");
  const SharedMemory memory;
  EXPECT_THAT(by_a_clerk(memory, [](lab::Guard& guard) { return lab::transfer(guard, 0, kAccounts, 1); }),
              ThrowsErrno(EINVAL));
  EXPECT_THAT(by_a_clerk(memory, [](lab::Guard& guard) { return lab::transfer(guard, SIZE_MAX, 0, 1); }),
              ThrowsErrno(EINVAL));
  EXPECT_THAT(by_a_clerk(memory, [](lab::Guard& guard) { return lab::balance(guard, kAccounts); }),
              ThrowsErrno(EINVAL));
  EXPECT_THAT(lab04::balances_found(memory), Returns(ElementsAre(100, 100, 100)));
}

TEST(Transfer, RefusesTheSameAccount) {
  lesson(4, "from an account to itself, two values are computed from one: money is made or lost");
  const SharedMemory memory;
  EXPECT_THAT(by_a_clerk(memory, [](lab::Guard& guard) { return lab::transfer(guard, 1, 1, 10); }),
              ThrowsErrno(EINVAL));
  EXPECT_THAT(lab04::balances_found(memory), Returns(ElementsAre(100, 100, 100)));
}

TEST(Transfer, RefusesAnAmountThatIsNone) {
  lesson(4, "a transfer of -50 is a theft");
  const SharedMemory memory;
  EXPECT_THAT(by_a_clerk(memory, [](lab::Guard& guard) { return lab::transfer(guard, 0, 1, -50); }),
              ThrowsErrno(EINVAL));
  EXPECT_THAT(by_a_clerk(memory, [](lab::Guard& guard) { return lab::transfer(guard, 0, 1, 0); }), ThrowsErrno(EINVAL));
  EXPECT_THAT(lab04::balances_found(memory), Returns(ElementsAre(100, 100, 100)));
}

TEST(Transfer, DoesWhatALedgerDoes) {
  lesson(4, "many transfers, one after the other: each account holds what a ledger on paper says, and the sum stays");
  struct Order {
    std::size_t from, to;
    lab::Money amount;
  };
  std::vector<Order> orders;
  for (int i = 0; i < 300; ++i) {
    const auto from = random_between(0, kAccounts - 1);
    const auto to = (from + random_between(1, kAccounts - 1)) % kAccounts;
    orders.push_back({from, to, static_cast<lab::Money>(random_between(1, 150))});
  }
  lab04::Balances ledger(kAccounts, lab04::kInitial);
  for (const auto& [from, to, amount] : orders) {
    if (ledger[from] < amount) continue;
    ledger[from] -= amount;
    ledger[to] += amount;
  }
  ledger.push_back(kTotal);
  EXPECT_THAT(subject([&] {
                const judge::PrivateMemory memory{lab::bytes_for(kAccounts), 0};
                lab::Bank& bank = lab::open_bank(memory.bytes(), kAccounts, lab04::kInitial, judge::in_good_time());
                auto guard = lab::lock(bank);
                for (const auto& [from, to, amount] : orders) {
                  static_cast<void>(lab::transfer(guard, from, to, amount));
                }
                auto found = lab04::balances(guard);
                found.push_back(lab::total(guard));
                return found;
              }),
              Returns(testing::ElementsAreArray(ledger)));
}

TEST(Transfer, KeepsTheSumWhileManyClerksWork) {
  lesson(4, "between two locks of one clerk the others have changed the accounts: whatever they do, the sum stays");
  constexpr int kClerks = 3;
  const SharedMemory memory;
  std::vector<judge::Subject<lab::Money>> clerks;
  for (std::size_t i = 0; i < kClerks; ++i) {
    clerks.push_back(start([&memory, i] {
      const Clerk clerk{memory};
      lab::Money total = kTotal;
      for (int round = 0; round < 200 && total == kTotal; ++round) {
        auto guard = lab::lock(clerk.bank);
        static_cast<void>(lab::transfer(guard, i, (i + 1) % kAccounts, 1 + round % 7));
        total = lab::total(guard);
      }
      return total;
    }));
  }
  for (auto& clerk : clerks) EXPECT_THAT(clerk.outcome(), Returns(kTotal));
}

}  // namespace
