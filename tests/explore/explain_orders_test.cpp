// What is said of a race when the orders of a store and a load are too weak, and which steps are marked.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "explain.hpp"

namespace {

using explain::between;
using explain::kNoAcquire;
using explain::kNoRelease;
using explain::look;
using explain::Mail;
using explain::marked;
using explore::Fault;
using explore::require;
using explore::Scenario;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

void send_relaxed(Mail& mail) {
  mail.value = 42;
  mail.flag.store(1, std::memory_order_relaxed);
}

void send(Mail& mail) {
  mail.value = 42;
  mail.flag.store(1, std::memory_order_release);
}

void receive(Mail& mail) {
  if (mail.flag.load(std::memory_order_acquire) == 1) look(mail);
}

void receive_relaxed(Mail& mail) {
  if (mail.flag.load(std::memory_order_relaxed) == 1) look(mail);
}

TEST(Orders, OfARelaxedStoreAreItsOwnFault) {
  const auto result = between(send_relaxed, receive);
  EXPECT_THAT(result, FailsWith(Fault::kRace));
  EXPECT_THAT(result.because, AllOf(StartsWith("The store of sender's that receiver has read"), HasSubstr(kNoRelease),
                                    Not(HasSubstr("acquire"))));
  EXPECT_THAT(marked(result), ElementsAre("sender: writes 4 bytes", "sender: writes 1", "receiver: reads 42"));
}

TEST(Orders, OfARelaxedLoadAreItsOwnFault) {
  const auto result = between(send, receive_relaxed);
  EXPECT_THAT(result, FailsWith(Fault::kRace));
  EXPECT_THAT(result.because, AllOf(StartsWith("The load by which receiver has read sender's store"),
                                    HasSubstr(kNoAcquire), Not(HasSubstr("release"))));
  EXPECT_THAT(marked(result), ElementsAre("sender: writes 4 bytes", "receiver: reads 1", "receiver: reads 42"));
}

TEST(Orders, AreBothAtFaultWhenBothAreRelaxed) {
  const auto result = between(send_relaxed, receive_relaxed);
  EXPECT_THAT(result, FailsWith(Fault::kRace));
  EXPECT_THAT(result.because, AllOf(HasSubstr(kNoRelease), HasSubstr("And the load"), HasSubstr(kNoAcquire)));
  EXPECT_THAT(marked(result),
              ElementsAre("sender: writes 4 bytes", "sender: writes 1", "receiver: reads 1", "receiver: reads 42"));
}

TEST(Orders, OfAStoreBehindAReleaseFenceAreStrongEnough) {
  const auto result = between(
      [](Mail& mail) {
        mail.value = 42;
        std::atomic_thread_fence(std::memory_order_release);
        mail.flag.store(1, std::memory_order_relaxed);
      },
      receive_relaxed);
  EXPECT_THAT(result, FailsWith(Fault::kRace));
  EXPECT_THAT(result.because, AllOf(Not(HasSubstr(kNoRelease)), HasSubstr(kNoAcquire)));
}

TEST(Orders, OfAStoreAreNotMadeStrongByAReleaseFenceAheadOfTheData) {
  const auto result = between(
      [](Mail& mail) {
        std::atomic_thread_fence(std::memory_order_release);
        send_relaxed(mail);
      },
      receive);
  EXPECT_THAT(result, FailsWith(Fault::kRace));
  EXPECT_THAT(result.because, HasSubstr(kNoRelease));
}

TEST(Orders, OfALoadBeforeAnAcquireFenceAreStrongEnough) {
  const auto result = between(send_relaxed, [](Mail& mail) {
    if (mail.flag.load(std::memory_order_relaxed) == 0) return;
    std::atomic_thread_fence(std::memory_order_acquire);
    look(mail);
  });
  EXPECT_THAT(result, FailsWith(Fault::kRace));
  EXPECT_THAT(result.because, AllOf(HasSubstr(kNoRelease), Not(HasSubstr(kNoAcquire))));
}

TEST(Orders, OfALoadAreNotMadeStrongByAnAcquireFenceAheadOfIt) {
  const auto result = between(send, [](Mail& mail) {
    std::atomic_thread_fence(std::memory_order_acquire);
    receive_relaxed(mail);
  });
  EXPECT_THAT(result, FailsWith(Fault::kRace));
  EXPECT_THAT(result.because, HasSubstr(kNoAcquire));
}

// ---- Of two stores, whose reader has seen the second and misses the first

auto in_their_order(std::memory_order of_the_store, std::memory_order of_the_load) {
  return explore::explore([=](Scenario& s) {
    auto& first = s.make<std::atomic<int>>(0);
    auto& second = s.make<std::atomic<int>>(0);
    s.thread("sender", [&, of_the_store] {
      first.store(1, std::memory_order_relaxed);
      second.store(1, of_the_store);
    });
    s.thread("receiver", [&, of_the_load] {
      if (second.load(of_the_load) == 1) require(first.load(std::memory_order_relaxed) == 1, "the first comes first");
    });
  });
}

TEST(StaleRead, IsTheFaultOfARelaxedStore) {
  const auto result = in_their_order(std::memory_order_relaxed, std::memory_order_acquire);
  EXPECT_THAT(result, FailsWith(Fault::kBroken));
  EXPECT_THAT(result.because, AllOf(StartsWith("The store of sender's that receiver has read"), HasSubstr(kNoRelease),
                                    Not(HasSubstr(kNoAcquire)), HasSubstr("overwritten already")));
  EXPECT_THAT(marked(result), ElementsAre("sender: writes 1", ::testing::_));
}

TEST(StaleRead, IsTheFaultOfARelaxedLoad) {
  const auto result = in_their_order(std::memory_order_release, std::memory_order_relaxed);
  EXPECT_THAT(result, FailsWith(Fault::kBroken));
  EXPECT_THAT(result.because, AllOf(HasSubstr(kNoAcquire), Not(HasSubstr(kNoRelease))));
  EXPECT_THAT(marked(result), ElementsAre("receiver: reads 1", ::testing::_));
}

TEST(StaleRead, OfOneWhoHasReadNothingThatCameLaterIsNobodysFault) {
  const auto result = explore::explore([](Scenario& s) {
    auto& flag = s.make<std::atomic<int>>(0);
    auto& told = s.make<std::atomic<int>>(0);
    s.thread("sender", [&] {
      flag.store(1, std::memory_order_release);
      told.exchange(1, std::memory_order_relaxed);
    });
    s.thread("receiver", [&] { require(told.load() + 1 >= 0 && flag.load() == 1, "the flag is up"); });
  });
  EXPECT_THAT(result, FailsWith(Fault::kBroken));
  EXPECT_THAT(result.because, Not(AnyOf(HasSubstr(kNoAcquire), HasSubstr(kNoRelease))));
}

// ---- One whose value has passed through a third thread's hands
// -------------------------------------------------------

void wait_for_two(Mail& mail) {
  if (mail.flag.load(std::memory_order_acquire) == 2) look(mail);
}

TEST(ReleaseSequence, OfARelaxedStoreIsTheStoresFault) {
  // The second step continues what the first has released, which is nothing.
  const auto result = between(
      send_relaxed,
      [](Mail& mail) {
        int one = 1;
        mail.flag.compare_exchange_strong(one, 2, std::memory_order_relaxed);
      },
      wait_for_two);
  EXPECT_THAT(result, FailsWith(Fault::kRace));
  EXPECT_THAT(result.because, AllOf(StartsWith("The store of sender's that receiver has read"), HasSubstr(kNoRelease),
                                    Not(HasSubstr("middle"))));
  EXPECT_THAT(marked(result), ElementsAre("sender: writes 4 bytes", "sender: writes 1", "receiver: reads 42"));
}

TEST(ReleaseSequence, ReadWithoutAcquireIsTheLoadsFault) {
  const auto result = between(
      send, [](Mail& mail) { mail.flag.fetch_add(1, std::memory_order_relaxed); },
      [](Mail& mail) {
        if (mail.flag.load(std::memory_order_relaxed) == 2) look(mail);
      });
  EXPECT_THAT(result, FailsWith(Fault::kRace));
  EXPECT_THAT(result.because, AllOf(StartsWith("The load by which receiver has read"), HasSubstr(kNoAcquire),
                                    Not(HasSubstr(kNoRelease))));
}

TEST(ReleaseSequence, OfAReleaseIsNoFault) {
  EXPECT_THAT(between(
                  send, [](Mail& mail) { mail.flag.fetch_add(1, std::memory_order_relaxed); },
                  [](Mail& mail) {
                    if (mail.flag.load(std::memory_order_acquire) == 2) look(mail);
                  }),
              IsProven());
}

TEST(Messenger, WhoPassesOnWithoutReleaseIsNamed) {
  const auto result = between(
      send,
      [](Mail& mail) {
        if (mail.flag.load(std::memory_order_acquire) == 1) mail.other_flag.store(1, std::memory_order_relaxed);
      },
      [](Mail& mail) {
        if (mail.other_flag.load(std::memory_order_acquire) == 1) look(mail);
      });
  EXPECT_THAT(result, FailsWith(Fault::kRace));
  EXPECT_THAT(result.because, AllOf(StartsWith("The store of middle's that receiver has read"), HasSubstr(kNoRelease),
                                    Not(HasSubstr("sender"))));
  EXPECT_THAT(marked(result), ElementsAre("sender: writes 4 bytes", "middle: writes 1", "receiver: reads 42"));
}

TEST(Messenger, WhoListensWithoutAcquireIsNamed) {
  const auto result = between(
      send,
      [](Mail& mail) {
        if (mail.flag.load(std::memory_order_relaxed) == 1) mail.other_flag.store(1, std::memory_order_release);
      },
      [](Mail& mail) {
        if (mail.other_flag.load(std::memory_order_acquire) == 1) look(mail);
      });
  EXPECT_THAT(result, FailsWith(Fault::kRace));
  EXPECT_THAT(result.because, StartsWith("The load by which middle has read sender's store is no acquire"));
  EXPECT_THAT(marked(result), ElementsAre("sender: writes 4 bytes", "middle: reads 1", "receiver: reads 42"));
}

}  // namespace
