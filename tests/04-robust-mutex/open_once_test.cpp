// Steps 2 to 4: a bank is made exactly once, whoever comes when.
#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

#include "support.hpp"

namespace {

using judge::lesson;
using judge::Returns;
using judge::ReturnsNormally;
using judge::SharedMemory;
using judge::start;
using judge::subject;
using judge::ThrowsErrno;
using judge::gate::Gate;
using judge::gate::When;
using lab04::Clerk;
using lab04::kAccounts;
using lab04::kInitial;
using lab04::kTotal;
using testing::ElementsAre;

TEST(Open, WaitsForTheOneWhoMakesTheBank) {
  lesson(2, "a bank that is being made is not a bank yet: who comes early waits, but not for ever");
  const SharedMemory memory;
  Gate in_the_middle{{"pthread_mutex_init"}, When::kBefore};
  auto maker = start([&] {
    const auto armed = in_the_middle.arm();
    const Clerk clerk{memory};
  });
  const bool stands = in_the_middle.await_arrival();
  const auto early = subject([&] {
    const auto mapping = memory.map();
    static_cast<void>(lab::open_bank(mapping.bytes(), kAccounts, kInitial, judge::soon()));
  });
  auto patient = start([&] { const Clerk clerk{memory}; });
  in_the_middle.open();
  EXPECT_THAT(maker.outcome(), ReturnsNormally());
  EXPECT_THAT(patient.outcome(), ReturnsNormally());
  if (stands) {  // or it is made without that call, and there is no early
    EXPECT_THAT(early, ThrowsErrno(ETIMEDOUT));
  }
}

TEST(Open, LetsTheNextTryWhenItFails) {
  lesson(2, "who claims the work and gives it up must give the claim back, or all others wait for nobody");
  const SharedMemory memory;
  EXPECT_THAT(subject([&] {
                judge::gate::fail("pthread_mutex_init", ENOMEM);
                const Clerk clerk{memory};
              }),
              ThrowsErrno(ENOMEM));
  EXPECT_THAT(subject([&] {
                const auto mapping = memory.map();
                static_cast<void>(lab::open_bank(mapping.bytes(), kAccounts, kInitial, judge::past()));
              }),
              ReturnsNormally());
}

TEST(Open, FillsEachAccount) {
  lesson(4, "whoever opens the bank finds all accounts filled, in every process");
  const SharedMemory memory;
  EXPECT_THAT(subject([&] { const Clerk maker{memory}; }), ReturnsNormally());
  EXPECT_THAT(lab04::balances_found(memory), Returns(ElementsAre(kInitial, kInitial, kInitial)));
}

TEST(Open, LooksOnceWhenTheDeadlineHasPassed) {
  lesson(4, "a deadline limits the waiting; a bank that is there needs none");
  const SharedMemory memory;
  EXPECT_THAT(subject([&] { const Clerk maker{memory}; }), ReturnsNormally());
  EXPECT_THAT(subject([&] {
                const auto mapping = memory.map();
                return lab::total(lab::lock(lab::open_bank(mapping.bytes(), kAccounts, kInitial, judge::past())));
              }),
              Returns(kTotal));
}

TEST(Open, KeepsWhatItFinds) {
  lesson(
      4,
      "a second process that fills the accounts again takes the money that was moved (handout, \"Made exactly once\")");
  const SharedMemory memory;
  EXPECT_THAT(subject([&] {
                const Clerk clerk{memory};
                auto guard = lab::lock(clerk.bank);
                return lab::transfer(guard, 0, 2, 30);
              }),
              Returns(true));
  EXPECT_THAT(lab04::balances_found(memory), Returns(ElementsAre(70, 100, 130)));
}

TEST(Open, HasOneWinnerWhoeverIsSlow) {
  lesson(4,
         "\"is it new?\" and \"then it is mine\" must be one step: between the two another may do all of it (handout, "
         "\"Made exactly once\")");
  const SharedMemory memory;
  Gate in_the_middle{{"pthread_mutex_init"}, When::kBefore};
  auto slow = start([&] {
    const auto armed = in_the_middle.arm();
    const Clerk clerk{memory};
  });
  in_the_middle.await_arrival();
  auto fast = start([&] {
    const auto mapping = memory.map();
    try {
      lab::Bank& bank = lab::open_bank(mapping.bytes(), kAccounts, kInitial, judge::soon());
      auto guard = lab::lock(bank);
      static_cast<void>(lab::transfer(guard, 0, 1, 1));
      return 1;
    } catch (const std::system_error&) {
      return 0;  // it has waited for the slow one
    }
  });
  const auto moved = fast.outcome();
  in_the_middle.open();
  EXPECT_THAT(slow.outcome(), ReturnsNormally());
  EXPECT_THAT(moved, ReturnsNormally());
  const lab::Money one = moved.value.value_or(0);
  EXPECT_THAT(lab04::balances_found(memory), Returns(ElementsAre(kInitial - one, kInitial + one, kInitial)));
}

TEST(Open, LetsManyComeAtOnce) {
  lesson(
      4,
      "whoever comes first, all find one bank, and nothing that one of them has done is lost (handout, \"Made exactly "
      "once\")");
  constexpr std::uint32_t kClerks = 6;
  const SharedMemory memory;
  judge::Rendezvous all_there;
  std::vector<judge::Subject<bool>> clerks;
  for (std::uint32_t i = 0; i < kClerks; ++i) {
    clerks.push_back(start([&] {
      all_there.meet(kClerks);
      const Clerk clerk{memory};
      auto guard = lab::lock(clerk.bank);
      return lab::transfer(guard, 0, 1, 1);
    }));
  }
  for (auto& clerk : clerks) EXPECT_THAT(clerk.outcome(), Returns(true));
  EXPECT_THAT(lab04::balances_found(memory), Returns(ElementsAre(kInitial - kClerks, kInitial + kClerks, kInitial)));
}

}  // namespace
