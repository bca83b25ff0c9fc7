// Step 5: the end of a queue.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "support.hpp"
#include "testing/deadlines.hpp"

namespace {

using judge::far_away;
using judge::lesson;
using judge::Returns;
using judge::ReturnsNormally;
using judge::subject;
using lab05::kClosed;
using lab05::Numbers;
using lab05::Peer;
using lab05::PrivateQueue;
using lab05::try_push;
using ::testing::ElementsAre;

TEST(Close, RefusesWhatIsPushedLater) {
  lesson(5, "an item that is pushed into a queue that nobody reads any more is lost: its producer must hear that");
  EXPECT_THAT(subject([] {
                const PrivateQueue made{4};
                static_cast<void>(try_push(made.queue, 1));
                lab::close(made.queue);
                return Numbers{try_push(made.queue, 2), lab05::push(made.queue, 3, far_away()), lab::size(made.queue)};
              }),
              Returns(ElementsAre(kClosed, kClosed, 1)));
}

TEST(Close, LetsWhatIsThereBeTaken) {
  lesson(5, "what was pushed was promised: first the last item, then the news that no other comes");
  EXPECT_THAT(subject([] {
                const PrivateQueue made{4};
                for (std::uint64_t number = 1; number <= 3; ++number) static_cast<void>(try_push(made.queue, number));
                lab::close(made.queue);
                return Numbers{lab05::try_pop(made.queue), lab05::pop(made.queue, far_away()),
                               lab05::pop(made.queue, judge::past()), lab05::try_pop(made.queue),
                               lab05::pop(made.queue, far_away())};
              }),
              Returns(ElementsAre(1, 2, 3, kClosed, kClosed)));
}

TEST(Close, MayBeCalledAgain) {
  lesson(5, "several find out at once that there is nothing more to do");
  EXPECT_THAT(subject([] {
                const PrivateQueue made{1};
                lab::close(made.queue);
                lab::close(made.queue);
                return lab05::try_pop(made.queue);
              }),
              Returns(kClosed));
}

TEST(Close, EndsTheWaitOfAll) {
  lesson(5, "nothing else will ever come: whoever is not woken now waits in vain");
  for (const bool for_room : {false, true}) {
    const judge::SharedMemory memory;
    ASSERT_THAT(lab05::make_queue(memory, 1), ReturnsNormally());
    if (for_room) {
      ASSERT_THAT(subject([&] { return try_push(Peer{memory}.queue, 1); }), Returns(1U));
    }
    const std::vector<judge::Watched> watched(3);
    std::vector<judge::Subject<lab05::Said>> waiters;
    for (const auto& one : watched) {
      waiters.push_back(for_room ? lab05::start_producer(memory, one, 7, far_away())
                                 : lab05::start_consumer(memory, one, far_away()));
      one.await_sleep();
    }
    EXPECT_THAT(subject([&] { lab::close(Peer{memory}.queue); }), ReturnsNormally());
    for (auto& waiter : waiters) EXPECT_THAT(waiter.outcome(), Returns(kClosed));
  }
}

}  // namespace
