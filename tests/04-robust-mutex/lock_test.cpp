// Step 3: one clerk at a time.
#include <gtest/gtest.h>

#include <cerrno>
#include <stdexcept>
#include <thread>

#include "support.hpp"
#include "testing/shared.hpp"
#include "testing/watched.hpp"

namespace {

using judge::lesson;
using judge::Returns;
using judge::ReturnsNormally;
using judge::SharedMemory;
using judge::start;
using judge::subject;
using judge::ThrowsErrno;
using lab04::Clerk;

constexpr int kRounds = 500;

TEST(Lock, LetsInOneClerkAtATime) {
  lesson(3, "what is read, changed and written back needs the lock all the time, or somebody else's change is lost");
  const SharedMemory memory;
  const judge::Shared<int> visits;
  const judge::Watched other_clerk;
  judge::Rendezvous has_looked;
  judge::Rendezvous other_waits;
  auto one = start([&] {
    const judge::ArrivesAtTheEnd without_looking{has_looked};
    const Clerk clerk{memory};
    for (int i = 0; i < kRounds; ++i) {
      const lab::Guard guard = lab::lock(clerk.bank);
      volatile int& count = *visits;
      const int before = count;
      has_looked.arrive();
      static_cast<void>(other_waits.try_await(1));
      count = before + 1;
    }
  });
  auto other = start([&] {
    const Clerk clerk{memory};
    has_looked.await(1);
    other_clerk.here();
    for (int i = 0; i < kRounds; ++i) {
      const lab::Guard guard = lab::lock(clerk.bank);
      volatile int& count = *visits;
      count = count + 1;
    }
  });
  other_clerk.await_sleep();  // it waits for the lock, or needed none and has ended
  other_waits.arrive();
  EXPECT_THAT(one.outcome(), ReturnsNormally());
  EXPECT_THAT(other.outcome(), ReturnsNormally());
  EXPECT_EQ(*visits, 2 * kRounds);
}

// Two threads on one mapping, for ThreadSanitizer sees neither two processes nor two mappings of one object.
TEST(Lock, OrdersWhatThreadsDo) {
  lesson(3, "who gets the lock sees all that its last owner has done: no other order between the two is needed");
  EXPECT_THAT(subject([] {
                const judge::PrivateMemory memory{lab::bytes_for(lab04::kAccounts), 0};
                int visits = 0;
                const auto visit = [&] {
                  lab::Bank& bank = lab::open_bank(memory.bytes(), lab04::kAccounts, 1, judge::in_good_time());
                  for (int i = 0; i < kRounds; ++i) {
                    const lab::Guard guard = lab::lock(bank);
                    ++visits;
                  }
                };
                std::thread one{visit};
                std::thread other{visit};
                one.join();
                other.join();
                return visits;
              }),
              Returns(2 * kRounds));
}

TEST(Lock, IsGivenBackWhenAnExceptionLeaves) {
  lesson(3, "every way out of a function must unlock, also the one by an exception: that is what guards are for");
  const SharedMemory memory;
  judge::Rendezvous has_thrown;
  judge::Rendezvous has_locked;
  auto first = start([&] {
    const Clerk clerk{memory};
    try {
      const lab::Guard guard = lab::lock(clerk.bank);
      throw std::runtime_error{"the clerk has seen a mouse"};
    } catch (const std::runtime_error&) {
      has_thrown.arrive();
    }
    has_locked.await(1);  // it lives: nobody inherits its lock
  });
  auto second = start([&] {
    const Clerk clerk{memory};
    has_thrown.await(1);
    const lab::Guard guard = lab::lock(clerk.bank);
    has_locked.arrive();
  });
  EXPECT_THAT(second.outcome(), ReturnsNormally());
  EXPECT_THAT(first.outcome(), ReturnsNormally());
}

TEST(Lock, TellsWhoLocksTwice) {
  lesson(3, "a thread that waits for itself waits for ever: EDEADLK says where the mistake is");
  const SharedMemory memory;
  EXPECT_THAT(subject([&] {
                const Clerk clerk{memory};
                const lab::Guard guard = lab::lock(clerk.bank);
                const lab::Guard again = lab::lock(clerk.bank);
              }),
              ThrowsErrno(EDEADLK));
}

TEST(Lock, ReportsWhatFails) {
  lesson(3, "who goes on without the lock destroys what the others rely on");
  const SharedMemory memory;
  EXPECT_THAT(subject([&] {
                const Clerk clerk{memory};
                for (const auto call : lab04::kLocking) judge::gate::fail_always(call, EINVAL);
                const lab::Guard guard = lab::lock(clerk.bank);
              }),
              ThrowsErrno(EINVAL));
}

TEST(Unlock, TellsWhoDoesNotHoldTheLock) {
  lesson(3, "a lock that anybody can open protects nothing: pthread_mutex_unlock says EPERM, and so do you");
  const SharedMemory memory;
#ifndef __SANITIZE_THREAD__  // ThreadSanitizer calls it a mistake to try, whatever the C library answers
  EXPECT_THAT(subject([&] { lab::unlock(Clerk{memory}.bank); }), ThrowsErrno(EPERM));
#endif
}

}  // namespace
