// Step 6: processes are killed while they wait, or while they should wake others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "crowd.hpp"
#include "support.hpp"
#include "testing/deadlines.hpp"

namespace {

using judge::DiesOf;
using judge::far_away;
using judge::lesson;
using judge::Returns;
using judge::ReturnsNormally;
using judge::start;
using judge::subject;
using judge::Watched;
using lab05::kNotYet;
using lab05::Numbers;
using lab05::Peer;
using lab05::try_pop;
using lab05::try_push;
using std::chrono::milliseconds;
using ::testing::AnyOf;
using ::testing::ElementsAre;

void kill_consumers(const judge::SharedMemory& memory, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const Watched watched;
    auto victim = lab05::start_consumer(memory, watched, far_away());
    watched.await_sleep();
    watched.kill();
    ASSERT_THAT(victim.outcome(), DiesOf(SIGKILL));
  }
}

/// One waits for an item, another pushes it. Several times, for the first wake-ups may still go well.
void hand_over_some(const judge::SharedMemory& memory) {
  for (std::uint64_t number = 1; number <= 6; ++number) {
    const Watched watched;
    auto consumer = lab05::start_consumer(memory, watched, far_away());
    watched.await_sleep();
    ASSERT_THAT(subject([&] { return try_push(Peer{memory}.queue, number); }), Returns(number));
    ASSERT_THAT(consumer.outcome(), Returns(number));
  }
}

TEST(KilledConsumers, SwallowNoWakeUp) {
  lesson(6,
         "a condition variable counts its waiters, and nobody takes a dead one off: signals go to it, and in the end a "
         "signal or a broadcast waits for it for ever");
  const judge::SharedMemory memory;
  ASSERT_THAT(lab05::make_queue(memory, 2), ReturnsNormally());
  kill_consumers(memory, 3);
  hand_over_some(memory);
}

TEST(KilledConsumers, MayBeAnyNumber) {
  lesson(6, "what each dead waiter leaves must be used again, or it runs out");
  const judge::SharedMemory memory;
  ASSERT_THAT(lab05::make_queue(memory, 2), ReturnsNormally());
  kill_consumers(memory, judge::as_many_as_suits(70));
  hand_over_some(memory);
}

TEST(KilledProducers, SwallowNoWakeUp) {
  lesson(6, "who waits for room can be killed as well as who waits for an item");
  const judge::SharedMemory memory;
  ASSERT_THAT(lab05::make_queue(memory, 1), ReturnsNormally());
  ASSERT_THAT(subject([&] { return try_push(Peer{memory}.queue, 1); }), Returns(1U));
  for (int i = 0; i < 3; ++i) {
    const Watched watched;
    auto victim = lab05::start_producer(memory, watched, 666, far_away());
    watched.await_sleep();
    watched.kill();
    ASSERT_THAT(victim.outcome(), DiesOf(SIGKILL));
  }
  for (std::uint64_t number = 1; number <= 6; ++number) {
    const Watched watched;
    auto producer = lab05::start_producer(memory, watched, number + 1, far_away());
    watched.await_sleep();
    ASSERT_THAT(subject([&] { return try_pop(Peer{memory}.queue); }), Returns(number));
    ASSERT_THAT(producer.outcome(), Returns(number + 1));
  }
}

/// Starts a push that stops at the gate, holding the lock, and kills it there, after `before(owner)`.
template <typename Before = void (*)(const Watched&)>
void die_in_a_push(
    const judge::SharedMemory& memory, judge::gate::Gate& gate, Before before = [](const Watched& /*owner*/) {}) {
  const Watched owner;
  auto victim = start([&] {
    const Peer peer{memory};
    owner.here();
    const auto armed = gate.arm();
    static_cast<void>(try_push(peer.queue, 8));
    ::raise(SIGKILL);  // when it has another way to wake, which has no gate
  });
  gate.await_arrival();
  before(owner);
  owner.kill();
  ASSERT_THAT(victim.outcome(), DiesOf(SIGKILL));
}

TEST(Death, IsNoticedWhenTheLockComesBackFromAWait) {
  lesson(6, "a wait locks the mutex again, and that may say EOWNERDEAD like any other lock");
  const judge::SharedMemory memory;
  ASSERT_THAT(lab05::make_queue(memory, 2), ReturnsNormally());
  const Watched watched;
  auto consumer = lab05::start_consumer(memory, watched, shm::Deadline::after(judge::patience(milliseconds{90})));
  watched.await_sleep();
  judge::gate::Gate in_the_lock{lab05::kLocking, judge::gate::When::kAfter};
  die_in_a_push(memory, in_the_lock);
  EXPECT_THAT(consumer.outcome(), Returns(AnyOf(kNotYet, std::uint64_t{8})));
  EXPECT_THAT(subject([&] {
                const Peer peer{memory};
                static_cast<void>(try_pop(peer.queue));
                return Numbers{try_push(peer.queue, 1), try_pop(peer.queue)};
              }),
              Returns(ElementsAre(1, 1)));
}

constexpr auto kAllWell = "it had the item soon, or there was none";

/// One sleeps, another pushes an item for it and is killed before it wakes anybody.
std::string wait_while_the_waker_dies() {
  const judge::SharedMemory memory;
  const auto made = lab05::make_queue(memory, 2);
  EXPECT_THAT(made, ReturnsNormally());
  if (made.kind != judge::Kind::kReturned) return "there is no queue";
  const Watched watched;
  auto consumer = start([&] {
    const Peer peer{memory};
    const auto deadline = shm::Deadline::after(judge::patience(10 * lab::kPatience));
    const auto soon = shm::Deadline::after(judge::patience(5 * lab::kPatience / 2));
    watched.here();
    const auto seen = lab05::pop(peer.queue, deadline);
    const std::string result = seen == 8         ? "it had the item"
                               : seen == kNotYet ? "it had none"
                                                 : "it had something else";
    return result + (deadline.passed() ? " at its deadline"
                     : soon.passed()   ? " after more than 2.5 kPatience"
                                       : " soon");
  });
  watched.await_sleep();
  judge::gate::Gate before_the_wake_up{lab05::kWaking, judge::gate::When::kBefore};
  die_in_a_push(memory, before_the_wake_up);
  const auto outcome = consumer.outcome();
  EXPECT_THAT(outcome, ReturnsNormally());
  const std::string ending = outcome.value.value_or("it ended otherwise");
  if (ending == "it had none at its deadline") {
    const auto left = subject([&] { return try_pop(Peer{memory}.queue); });
    return left.value == kNotYet ? kAllWell : "it had none at its deadline, and the item was there";
  }
  return ending == "it had the item soon" ? kAllWell : ending;
}

TEST(Death, BetweenTheChangeAndTheWakeUpCostsOnlyPatience) {
  lesson(6, "who was to wake you may die before it does: never sleep longer than you would like to wait for the dead");
  std::string ending;
  for (int attempt = 0; attempt < 5 && ending != kAllWell && !HasFailure(); ++attempt)
    ending = wait_while_the_waker_dies();
  EXPECT_EQ(ending, kAllWell) << "in five attempts";
}

TEST(Death, IsNoticedInACrowd) {
  lesson(6,
         "who takes the lock again after a nap can find a dead owner as well: every way back to the lock goes through "
         "settle");
  const judge::SharedMemory memory;
  ASSERT_THAT(lab05::make_queue(memory, 2), ReturnsNormally());
  lab05::Crowd crowd{memory, [](const lab::Queue& /*queue*/) { return lab05::Said{}; }};
  judge::gate::Gate in_the_lock{lab05::kLocking, judge::gate::When::kAfter};
  // Nobody sleeps longer than kPatience without a look, so all of them come to the lock.
  die_in_a_push(memory, in_the_lock, [&](const Watched& owner) { crowd.await_lock_of(owner); });
  const auto said = crowd.feed(memory);
  ASSERT_THAT(said, testing::SizeIs(lab05::Crowd::size()));
  for (std::size_t i = 0; i < said.size(); ++i) EXPECT_THAT(said[i], ElementsAre(0, i + 1));
}

}  // namespace
