// Step 4: to wait for an item, or for room, until a deadline.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "crowd.hpp"
#include "support.hpp"
#include "testing/deadlines.hpp"
#include "testing/findings.hpp"

namespace {

using judge::far_away;
using judge::lesson;
using judge::Returns;
using judge::soon;
using judge::start;
using judge::subject;
using lab05::kNotYet;
using lab05::Numbers;
using lab05::Peer;
using lab05::pop;
using lab05::PrivateQueue;
using lab05::push;
using lab05::try_pop;
using lab05::try_push;
using std::chrono::milliseconds;
using ::testing::ElementsAre;

TEST(Waiting, EndsAtTheDeadline) {
  lesson(4, "neither before nor, by far, behind it: a caller plans with it");
  EXPECT_THAT(subject([] {
                const PrivateQueue made{1};
                const auto pop_deadline = soon();
                Numbers seen{pop(made.queue, pop_deadline), pop_deadline.passed(), push(made.queue, 1, far_away())};
                const auto push_deadline = soon();
                seen.push_back(push(made.queue, 2, push_deadline));
                seen.push_back(push_deadline.passed());
                return seen;
              }),
              Returns(ElementsAre(kNotYet, 1, 1, kNotYet, 1)));
}

TEST(Waiting, LooksOnceWhenTheDeadlineHasPassed) {
  lesson(4, "a deadline limits the waiting; when there is nothing to wait for, it does not matter");
  EXPECT_THAT(subject([] {
                const PrivateQueue made{1};
                return Numbers{push(made.queue, 5, judge::past()), push(made.queue, 6, judge::past()),
                               pop(made.queue, judge::past()), pop(made.queue, judge::past())};
              }),
              Returns(ElementsAre(5, kNotYet, 5, kNotYet)));
}

TEST(Waiting, RefusesItemsOfAnotherSize) {
  lesson(4, "who may wait copies as well: a copy of more bytes than a slot has runs into the next item");
  for (const auto wrong : {sizeof(lab05::Item) - 1, sizeof(lab05::Item) + 8}) {
    EXPECT_THAT(subject([wrong] {
                  const PrivateQueue made{2};
                  const std::vector<std::byte> item(wrong);
                  static_cast<void>(lab::push(made.queue, item, judge::past()));
                }),
                judge::ThrowsErrno(EINVAL))
        << "from push, for " << wrong << " bytes";
    EXPECT_THAT(subject([wrong] {
                  const PrivateQueue made{2};
                  static_cast<void>(try_push(made.queue, 1));
                  std::vector<std::byte> item(wrong);
                  static_cast<void>(lab::pop(made.queue, item, judge::past()));
                }),
                judge::ThrowsErrno(EINVAL))
        << "from pop, for " << wrong << " bytes";
  }
}

std::uint64_t sleeps_of_this_process() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_nvcsw);
}

std::chrono::nanoseconds processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

TEST(Waiting, IsSleeping) {
  lesson(
      4,
      "a condition variable reads the wall clock unless told otherwise: a time of CLOCK_MONOTONIC is long past there, "
      "each wait ends at once, and the loop around it burns a processor");
  EXPECT_THAT(subject([] {
                const PrivateQueue made{1};
                const auto before = processor_time();
                const auto result = pop(made.queue, shm::Deadline::after(milliseconds{300}));
                const auto used = std::chrono::duration_cast<milliseconds>(processor_time() - before);
                return Numbers{result, static_cast<std::uint64_t>(used.count())};
              }),
              Returns(ElementsAre(kNotYet, testing::Lt(30U))))
      << "what came of it, and the ms of a processor that a wait of 300 ms has used";
}

TEST(Waiting, LeavesNothingWhenItTimesOut) {
  lesson(
      4,
      "a place where one has waited is given back, timed out or not, or they run out and all others look by the clock");
  EXPECT_THAT(subject([] {
                const PrivateQueue made{1};
                for (int i = 0; i < 40; ++i) {
                  const auto deadline = shm::Deadline::after(std::chrono::microseconds{500});
                  if (pop(made.queue, deadline) != kNotYet) return Numbers{};
                }
                const auto before = sleeps_of_this_process();
                const auto result = pop(made.queue, shm::Deadline::after(milliseconds{300}));
                return Numbers{result, sleeps_of_this_process() - before};
              }),
              Returns(ElementsAre(kNotYet, testing::Lt(30U))))
      << "what came of it, and how often a wait of 300 ms fell asleep after 40 waits that had timed out";
}

/// A crowd waits for 300 ms in vain, then each for an item; what they have said. @param looks  how often they took the
/// lock
std::vector<Numbers> wait_in_a_crowd(std::atomic<std::uint64_t>& looks) {
  const judge::SharedMemory memory;
  const auto made = lab05::make_queue(memory, 2);
  EXPECT_THAT(made, judge::ReturnsNormally());
  if (made.kind != judge::Kind::kReturned) return {};
  lab05::Crowd crowd{memory, [&looks](const lab::Queue& queue) -> lab05::Said {
                       const auto latest = shm::Deadline::after(milliseconds{300} + judge::patience(milliseconds{500}));
                       const auto result = pop(queue, shm::Deadline::after(milliseconds{300}));
                       looks += static_cast<std::uint64_t>(judge::gate::calls("pthread_mutex_lock"));
                       return latest.passed() ? lab05::kLate : result;
                     }};
  return crowd.feed(memory);
}

TEST(Waiting, IsSleepingInACrowd) {
  lesson(4,
         "there may be more who wait than there are places: they sleep for moments, without the lock, and look again, "
         "each until its deadline");
  std::vector<Numbers> said;
  for (int attempt = 0; attempt < 5 && !HasFailure(); ++attempt) {  // the machine itself may be late
    const judge::Shared<std::atomic<std::uint64_t>> looks;
    said = wait_in_a_crowd(*looks);
    EXPECT_LT(*looks, 10'000U) << "times the lock was taken by " << said.size() << " that waited for 300 ms";
    if (std::ranges::none_of(said, [](const Numbers& one) { return one.front() == lab05::kLate; })) break;
  }
  ASSERT_THAT(said, testing::SizeIs(lab05::Crowd::size()));
  for (std::size_t i = 0; i < said.size(); ++i) EXPECT_THAT(said[i], ElementsAre(kNotYet, i + 1));
}

/// Whether the other side woke who waited: it was in one of ten attempts there earlier than any clock of kPatience
/// could have been the reason.
template <typename Prepare, typename Wait, typename Fulfil>
bool is_woken_by(const judge::SharedMemory& memory, Prepare prepare, Wait wait, Fulfil fulfil) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    const auto prepared = subject([&] { prepare(Peer{memory}.queue); });
    EXPECT_THAT(prepared, judge::ReturnsNormally());
    if (prepared.kind != judge::Kind::kReturned) return false;
    const judge::Watched watched;
    judge::Rendezvous ready;
    judge::Rendezvous asleep;
    auto other = start([&] {
      const Peer peer{memory};
      ready.arrive();
      asleep.await(1);
      fulfil(peer.queue);
    });
    ready.await(1);
    auto waiter = start([&] {
      const Peer peer{memory};
      const auto patience = shm::Deadline::after(lab::kPatience);
      watched.here();
      return Numbers{wait(peer.queue), !patience.passed()};
    });
    watched.await_sleep();
    asleep.arrive();
    EXPECT_THAT(other.outcome(), judge::ReturnsNormally());
    const auto outcome = waiter.outcome();
    EXPECT_THAT(outcome, Returns(ElementsAre(1, testing::_)));
    if (!outcome.value || outcome.value->size() != 2) return false;
    if (outcome.value->back() == 1) return true;
  }
  return false;
}

TEST(Waiting, IsEndedByThePushOfAnotherProcess) {
  lesson(4, "a condition variable without PTHREAD_PROCESS_SHARED is heard in its own process only");
  if (judge::detail::under_valgrind()) GTEST_SKIP() << "too slow to tell a wake-up from the end of kPatience";
  const judge::SharedMemory memory;
  ASSERT_THAT(lab05::make_queue(memory, 1), judge::ReturnsNormally());
  const bool is_woken = is_woken_by(
      memory, [](const lab::Queue& queue) { static_cast<void>(lab::size(queue)); },
      [](const lab::Queue& queue) { return pop(queue, far_away()); },
      [](const lab::Queue& queue) { static_cast<void>(try_push(queue, 1)); });
  EXPECT_TRUE(is_woken) << "in ten attempts, the consumer went on only when kPatience was over";
}

TEST(Waiting, IsEndedByThePopOfAnotherProcess) {
  lesson(4, "who takes an item makes room, and who waits for room must hear of it");
  if (judge::detail::under_valgrind()) GTEST_SKIP() << "too slow to tell a wake-up from the end of kPatience";
  const judge::SharedMemory memory;
  ASSERT_THAT(lab05::make_queue(memory, 1), judge::ReturnsNormally());
  const bool is_woken = is_woken_by(
      memory,
      [](const lab::Queue& queue) {
        static_cast<void>(try_pop(queue));
        static_cast<void>(try_push(queue, 9));
      },
      [](const lab::Queue& queue) { return push(queue, 1, far_away()); },
      [](const lab::Queue& queue) { static_cast<void>(try_pop(queue)); });
  EXPECT_TRUE(is_woken) << "in ten attempts, the producer went on only when kPatience was over";
}

TEST(Waiting, TakesWhatCameBeforeTheWaitWasOver) {
  lesson(4, "a wait that timed out must still get the lock back, and in between an item may come: look once more");
  const judge::SharedMemory memory;
  ASSERT_THAT(lab05::make_queue(memory, 1), judge::ReturnsNormally());
  const judge::Watched watched;
  const auto deadline = shm::Deadline::after(judge::patience(milliseconds{90}));
  auto consumer = lab05::start_consumer(memory, watched, deadline);
  watched.await_sleep();
  judge::gate::Gate in_the_lock{lab05::kLocking, judge::gate::When::kAfter};
  auto producer = start([&] {
    const Peer peer{memory};
    const auto armed = in_the_lock.arm();
    return try_push(peer.queue, 3);
  });
  in_the_lock.await_arrival();
  const auto sleeps = watched.sleeps();
  const bool in_time = !deadline.passed();
  watched.await_sleep_after(sleeps);  // it has woken at its deadline, and sleeps again: at the lock
  in_the_lock.open();
  EXPECT_THAT(producer.outcome(), Returns(3U));
  const auto outcome = consumer.outcome();
  EXPECT_THAT(outcome, judge::ReturnsNormally());
  if (in_time) {
    EXPECT_THAT(outcome, Returns(3U));
  }
}

}  // namespace
