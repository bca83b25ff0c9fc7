// Step 3: the owner of the lock dies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdint>

#include "support.hpp"
#include "testing/memory.hpp"
#include "testing/watched.hpp"

namespace {

using judge::DiesOf;
using judge::lesson;
using judge::Returns;
using judge::start;
using judge::subject;
using lab05::kNotYet;
using lab05::Numbers;
using lab05::Peer;
using lab05::try_pop;
using lab05::try_push;
using ::testing::ElementsAre;

/// A process is killed in the middle of a push, holding the lock, before it has changed anything.
void die_before_a_push(const judge::SharedMemory& memory) {
  judge::gate::Gate in_the_lock{lab05::kLocking, judge::gate::When::kAfter};
  const judge::Watched owner;
  auto victim = start([&] {
    const Peer peer{memory};
    owner.here();
    const auto armed = in_the_lock.arm();
    return try_push(peer.queue, 666);
  });
  in_the_lock.await_arrival();
  owner.kill();
  EXPECT_THAT(victim.outcome(), DiesOf(SIGKILL));
}

Numbers all_items(const lab::Queue& queue) {
  Numbers seen;
  do seen.push_back(try_pop(queue));
  while (seen.back() < kNotYet && seen.size() < 20);
  return seen;
}

TEST(OwnerDeath, LeavesWhatWasThere) {
  lesson(3, "EOWNERDEAD is no failure: the lock is yours, and with it the duty to leave all in order");
  const judge::SharedMemory memory;
  ASSERT_THAT(lab05::make_queue(memory, 4), judge::ReturnsNormally());
  EXPECT_THAT(subject([&] {
                const Peer peer{memory};
                return Numbers{try_push(peer.queue, 1), try_push(peer.queue, 2)};
              }),
              Returns(ElementsAre(1, 2)));
  die_before_a_push(memory);
  EXPECT_THAT(subject([&] { return all_items(Peer{memory}.queue); }), Returns(ElementsAre(1, 2, kNotYet)));
}

TEST(OwnerDeath, MayHappenAgainAndAgain) {
  lesson(3, "unlocked without pthread_mutex_consistent, a robust mutex is ENOTRECOVERABLE for ever");
  const judge::SharedMemory memory;
  ASSERT_THAT(lab05::make_queue(memory, 4), judge::ReturnsNormally());
  for (std::uint64_t number = 1; number <= 3; ++number) {
    die_before_a_push(memory);
    EXPECT_THAT(subject([&] { return try_push(Peer{memory}.queue, number); }), Returns(number));
  }
  EXPECT_THAT(subject([&] { return all_items(Peer{memory}.queue); }), Returns(ElementsAre(1, 2, 3, kNotYet)));
}

}  // namespace
