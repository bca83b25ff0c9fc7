// Step 7: to wait for a newer version.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <time.h>

#include <array>
#include <chrono>
#include <cstdint>

#include "support.hpp"
#include "testing/deadlines.hpp"
#include "testing/findings.hpp"
#include "testing/memory.hpp"
#include "testing/watched.hpp"

namespace {

using judge::far_away;
using judge::lesson;
using judge::Returns;
using judge::ReturnsNormally;
using judge::SharedMemory;
using judge::start;
using judge::subject;
using lab::SeqConfig;
using lab06::kWords;
using lab06::Numbers;
using lab06::SeqPeer;
using lab06::write;
using std::chrono::milliseconds;
using ::testing::ElementsAre;

using PrivateSeq = lab06::Private<SeqConfig>;

TEST(SeqWait, IsOverWhenANewerVersionIsThere) {
  lesson(7, "look before you sleep: what has come already wakes nobody any more");
  EXPECT_THAT(subject([] {
                const PrivateSeq made;
                Numbers seen{made.config.wait_newer(0, far_away())};
                static_cast<void>(write(made.config, 2));
                seen.push_back(made.config.wait_newer(1, far_away()));
                seen.push_back(made.config.wait_newer(1, judge::past()));
                seen.push_back(made.config.wait_newer(2, judge::past()));
                return seen;
              }),
              Returns(ElementsAre(1, 2, 2, 2)));
}

std::chrono::nanoseconds processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

TEST(SeqWait, IsSleepingUntilTheDeadline) {
  lesson(7, "whoever looks again and again needs a whole processor, and so does one who sleeps until a time in 1970");
  const auto known = judge::random_between(1, 1'000'000);
  EXPECT_THAT(subject([known] {
                const PrivateSeq made;
                const auto before = processor_time();
                const auto deadline = shm::Deadline::after(2 * lab::kPatience + milliseconds{50});
                const auto seen = made.config.wait_newer(known, deadline);
                return Numbers{seen, deadline.passed(), processor_time() - before < milliseconds{40}};
              }),
              Returns(ElementsAre(1, 1, 1)))
      << "the version, whether the deadline has passed, and whether it slept";
}

/// Runs a subject that waits for a version newer than 1, in memory that it cannot write to: which one it gets, and
/// whether that was earlier than by any clock of kPatience.
auto start_waiter(const SharedMemory& memory, const judge::Watched& watched) {
  return start(
      [&memory, &watched] {
        const auto mapping = memory.map_read_only();
        const auto config = SeqConfig::attach(mapping.bytes(), kWords);
        const auto patience = shm::Deadline::after(lab::kPatience);
        watched.here();
        const auto seen = config.wait_newer(1, far_away());
        return Numbers{seen, !patience.passed()};
      },
      {.name = "who waits"});
}

TEST(SeqWait, IsEndedByTheWriteOfAnotherProcess) {
  lesson(
      7,
      "FUTEX_PRIVATE_FLAG, and std::atomic::wait with it, is heard in its own process only; and to wake one of three "
      "leaves two asleep");
  if (judge::detail::under_valgrind()) GTEST_SKIP() << "where to start a process takes longer than kPatience";
  bool in_time = false;
  for (int attempt = 0; attempt < 10 && !in_time; ++attempt) {
    const SharedMemory memory;
    ASSERT_THAT(lab06::make<SeqConfig>(memory), ReturnsNormally());
    const std::array<judge::Watched, 3> watched;
    std::array waiters{start_waiter(memory, watched[0]), start_waiter(memory, watched[1]),
                       start_waiter(memory, watched[2])};
    for (const auto& one : watched) one.await_sleep();
    ASSERT_THAT(subject([&] { return write(SeqPeer{memory}.config, 2); }), Returns(2U));
    in_time = true;
    for (auto& waiter : waiters) {
      const auto outcome = waiter.outcome();
      EXPECT_THAT(outcome, Returns(ElementsAre(2, ::testing::_)));
      in_time = in_time && outcome.value && outcome.value->size() == 2 && outcome.value->back() == 1;
    }
    if (HasFailure()) return;
  }
  EXPECT_TRUE(in_time) << "in ten attempts, one of them went on only when kPatience was over";
}

TEST(SeqWait, CostsOnlyPatienceWhenTheWriterDies) {
  lesson(7, "who was to wake you may die before it does: never sleep longer than you would like to wait for the dead");
  const SharedMemory memory;
  ASSERT_THAT(lab06::make<SeqConfig>(memory), ReturnsNormally());
  const judge::Watched watched;
  auto waiter = start([&] {
    const SeqPeer peer{memory};
    const auto deadline = shm::Deadline::after(judge::patience(10 * lab::kPatience));
    watched.here();
    const auto seen = peer.config.wait_newer(1, deadline);
    return Numbers{seen, deadline.passed()};
  });
  watched.await_sleep();
  judge::gate::Gate published{{"pthread_mutex_unlock"}, judge::gate::When::kBefore};
  const judge::Watched writer;
  auto victim = start([&] {
    const SeqPeer peer{memory};
    writer.here();
    const auto armed = published.arm();
    static_cast<void>(write(peer.config, 2));
    ::raise(SIGKILL);  // when it makes no such call
  });
  published.await_arrival();
  writer.kill();
  EXPECT_THAT(victim.outcome(), judge::DiesOf(SIGKILL));
  EXPECT_THAT(waiter.outcome(), Returns(::testing::AnyOf(ElementsAre(2, 0), ElementsAre(1, 1))))
      << "either the version, and before the deadline; or none, for it was not published";
}

TEST(SeqWait, IsNotEndedByASignal) {
  lesson(7, "a futex wait may end for a signal, or for no reason: look again, and sleep on");
  EXPECT_THAT(subject([] {
                const PrivateSeq made;
                struct sigaction action {};
                action.sa_handler = [](int) {};
                ::sigaction(SIGALRM, &action, nullptr);
                const itimerspec in_a_moment{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_nsec = 10'000'000}};
                timer_t timer{};
                if (::timer_create(CLOCK_MONOTONIC, nullptr, &timer) == -1) shm::throw_error(errno, "timer_create");
                ::timer_settime(timer, 0, &in_a_moment, nullptr);
                const auto deadline = shm::Deadline::after(milliseconds{60});
                const auto seen = made.config.wait_newer(1, deadline);
                return Numbers{seen, deadline.passed()};
              }),
              Returns(ElementsAre(1, 1)));
}

}  // namespace
