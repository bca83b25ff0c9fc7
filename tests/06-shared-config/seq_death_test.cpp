// Step 6: a writer dies. (Each single moment of its death: crash/.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "support.hpp"
#include "testing/memory.hpp"
#include "testing/watched.hpp"

namespace {

using judge::lesson;
using judge::Returns;
using judge::SharedMemory;
using judge::subject;
using judge::gate::When;
using lab06::Numbers;
using lab06::read;
using lab06::SeqPeer;
using lab06::write;
using ::testing::ElementsAre;

/// A process is killed in the middle of a write, before or after one of these calls.
void die_in_a_write(const SharedMemory& memory, std::initializer_list<std::string_view> calls, When when,
                    std::uint64_t number) {
  judge::gate::Gate gate{calls, when};
  const judge::Watched owner;
  auto victim = judge::start([&] {
    const SeqPeer peer{memory};
    owner.here();
    const auto armed = gate.arm();
    static_cast<void>(write(peer.config, number));
    ::raise(SIGKILL);  // when it makes no such call
  });
  gate.await_arrival();
  owner.kill();
  ASSERT_THAT(victim.outcome(), judge::DiesOf(SIGKILL));
}

TEST(SeqWriterDeath, StopsNoOtherWriter) {
  lesson(6, "EOWNERDEAD is no failure; and unlocked without pthread_mutex_consistent, the mutex is lost for ever");
  const SharedMemory memory;
  ASSERT_THAT(lab06::make<lab::SeqConfig>(memory), judge::ReturnsNormally());
  std::uint64_t newest = 1;
  for (int death = 0; death < 3; ++death) {
    die_in_a_write(memory, {"pthread_mutex_lock", "pthread_mutex_trylock", "pthread_mutex_clocklock"}, When::kAfter,
                   newest + 1);
    const auto found = subject([&] { return read(SeqPeer{memory}.config); });
    ASSERT_THAT(found, Returns(::testing::AnyOf(newest, newest + 1)));
    newest = *found.value + 1;
    ASSERT_THAT(subject([&] {
                  const SeqPeer peer{memory};
                  return Numbers{write(peer.config, newest), read(peer.config)};
                }),
                Returns(ElementsAre(newest, newest)));
  }
}

TEST(SeqWriterDeath, TakesNoVersionBack) {
  lesson(6, "what has been published has been seen: the next version is the next one, whoever died before it unlocked");
  const SharedMemory memory;
  ASSERT_THAT(lab06::make<lab::SeqConfig>(memory), judge::ReturnsNormally());
  die_in_a_write(memory, {"pthread_mutex_unlock"}, When::kBefore, 2);
  const auto seen = subject([&] { return read(SeqPeer{memory}.config); });
  ASSERT_THAT(seen, Returns(::testing::AnyOf(1U, 2U)));
  EXPECT_THAT(subject([&] {
                const SeqPeer peer{memory};
                return Numbers{write(peer.config, *seen.value + 1), read(peer.config)};
              }),
              Returns(ElementsAre(*seen.value + 1, *seen.value + 1)));
}

}  // namespace
