// Step 7: a bank that nobody can trust any more.
#include <gtest/gtest.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "deaths.hpp"
#include "support.hpp"
#include "testing/deadlines.hpp"
#include "testing/memory.hpp"

namespace {

using judge::DiesOf;
using judge::lesson;
using judge::Returns;
using judge::SharedMemory;
using judge::start;
using judge::subject;
using judge::ThrowsErrno;
using judge::gate::Gate;
using judge::gate::When;
using lab04::Clerk;
using testing::ElementsAre;

bool never(const lab::Guard& /*guard*/) { return false; }

/// A clerk dies; the next one finds that the books can't be trusted.
class BankThatIsLost {
 public:
  BankThatIsLost() {
    EXPECT_THAT(lab04::clerk_that_dies(memory_, 30).outcome(), DiesOf(SIGKILL));
    EXPECT_THAT(subject([&] { static_cast<void>(lab::lock(Clerk{memory_}.bank, never)); }),
                ThrowsErrno(ENOTRECOVERABLE));
  }
  [[nodiscard]] const SharedMemory& memory() const { return memory_; }

 private:
  SharedMemory memory_;
};

TEST(GiveUp, IsToldToAllWhoComeLater) {
  lesson(7, "a bank that was found wrong must not be used by the next who did not look: ENOTRECOVERABLE, for ever");
  const BankThatIsLost bank;
  EXPECT_THAT(lab04::balances_found(bank.memory()), ThrowsErrno(ENOTRECOVERABLE));
  EXPECT_THAT(lab04::balances_found(bank.memory()), ThrowsErrno(ENOTRECOVERABLE));
}

TEST(GiveUp, IsToldAtOnceToWhoHasADeadline) {
  lesson(7, "there is nothing to wait for: whoever tries again and again until the deadline hides what has happened");
  const BankThatIsLost bank;
  EXPECT_THAT(subject([&] {
                const Clerk clerk{bank.memory()};
                const auto guard = lab::lock_until(clerk.bank, shm::Deadline::after(std::chrono::hours{1}));
              }),
              ThrowsErrno(ENOTRECOVERABLE));
}

TEST(GiveUp, IsToldToThoseWhoWait) {
  lesson(7, "who waits for a lock that will never be given again must be woken and told");
  const SharedMemory memory;
  EXPECT_THAT(lab04::clerk_that_dies(memory, 30).outcome(), DiesOf(SIGKILL));
  judge::Rendezvous audits;
  Gate about_to_wait{lab04::kLocking, When::kBefore};
  auto auditor = start([&] {
    const Clerk clerk{memory};
    static_cast<void>(lab::lock(clerk.bank, [&](const lab::Guard& /*guard*/) {
      audits.arrive();
      about_to_wait.await_arrival();
      about_to_wait.open();
      return false;
    }));
  });
  auto waiter = start([&] {
    const Clerk clerk{memory};
    audits.await(1);
    const auto armed = about_to_wait.arm();
    static_cast<void>(lab::lock(clerk.bank));
  });
  EXPECT_THAT(auditor.outcome(), ThrowsErrno(ENOTRECOVERABLE));
  EXPECT_THAT(waiter.outcome(), ThrowsErrno(ENOTRECOVERABLE));
}

TEST(GiveUp, FollowsAnAuditThatThrows) {
  lesson(7, "an audit that could not be finished has found nothing in order; and the lock must not stay locked");
  const SharedMemory memory;
  EXPECT_THAT(lab04::clerk_that_dies(memory, 30).outcome(), DiesOf(SIGKILL));
  judge::Rendezvous has_thrown;
  judge::Rendezvous has_seen;
  auto auditor = start([&] {
    const Clerk clerk{memory};
    try {
      static_cast<void>(lab::lock(clerk.bank, [](const lab::Guard&) -> bool { throw std::domain_error{"no books"}; }));
    } catch (const std::domain_error&) {
      has_thrown.arrive();
      has_seen.await(1);  // it lives: nobody inherits its lock
      throw;
    }
  });
  const auto next = subject([&] {
    const Clerk clerk{memory};
    has_thrown.await(1);
    static_cast<void>(lab::lock_until(clerk.bank, judge::soon()));
  });
  has_seen.arrive();
  EXPECT_THAT(auditor.outcome(), judge::Throws("std::domain_error"));
  EXPECT_THAT(next, ThrowsErrno(ENOTRECOVERABLE));
}

TEST(Audit, LooksAtBooksThatAreRepaired) {
  lesson(7,
         "first the repair, then the audit, then consistent: an audit of what is half done would give up every bank");
  const SharedMemory memory;
  EXPECT_THAT(subject([&] {
                Clerk clerk{memory, 1500};
                auto guard = lab::lock(clerk.bank);
                lab04::die_at_page(clerk.mapping, 2);  // between the writes to the two accounts, if they lie in order
                static_cast<void>(lab::transfer(guard, 0, 1499, 30));
                lab04::die();
              }),
              DiesOf(SIGKILL));
  EXPECT_THAT(subject([&] {
                const Clerk clerk{memory, 1500};
                lab::Money found = 0;
                const auto guard = lab::lock(clerk.bank, [&](const lab::Guard& held) {
                  found = lab::total(held);
                  return true;
                });
                return found;
              }),
              Returns(1500 * lab04::kInitial));
}

TEST(Audit, IsAskedAfterADeathOnly) {
  lesson(7, "an audit of all accounts costs time: who has found nobody dead has no reason to ask");
  const SharedMemory memory;
  EXPECT_THAT(lab04::clerk_that_dies(memory, 30).outcome(), DiesOf(SIGKILL));
  EXPECT_THAT(subject([&] {
                const Clerk clerk{memory};
                int audits = 0;
                const auto counts = [&](const lab::Guard&) { return ++audits != 0; };
                for (int i = 0; i < 3; ++i) static_cast<void>(lab::lock(clerk.bank, counts));
                return audits;
              }),
              Returns(1));
  EXPECT_THAT(lab04::balances_found(memory), Returns(ElementsAre(70, 130, 100)));
}

}  // namespace
