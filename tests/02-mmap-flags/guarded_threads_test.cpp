// Step 8: several threads copy at once.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "guarded.hpp"
#include "shm/deadline.hpp"

namespace {

using judge::lesson;
using judge::Returns;
using judge::subject;
using judge::gate::Gate;
using judge::gate::When;
using lab02::copied;
using lab02::CutFile;
using lab02::HoldingPage;
using lab02::kPage;

TEST(GuardedThreads, EachHasItsOwnWayOut) {
  lesson(8, "a jump buffer belongs to one thread's stack: with one for all, a thread jumps into another's function");
  const CutFile slow{4 * kPage, 2 * kPage};
  const CutFile quick{4 * kPage, kPage};
  EXPECT_THAT(subject([&] {
                HoldingPage page{slow.bytes().data() + kPage};
                std::size_t in_slow = 0;
                std::thread reader{[&] {
                  const auto end = page.reader();
                  in_slow = copied(slow.bytes()).size();
                }};
                page.await_reader();
                const bool is_reading = page.is_reading();
                const std::size_t in_quick = copied(quick.bytes()).size();
                page.let_go();
                reader.join();
                return std::vector{in_quick, is_reading ? in_slow : 2 * kPage};
              }),
              Returns(testing::ElementsAre(kPage, 2 * kPage)));
}

TEST(GuardedThreads, ManyCopyAtOnce) {
  lesson(8, "the first copies of two threads meet where the handler is installed");
  const CutFile cut{6 * kPage, 3 * kPage};
  const CutFile slow{3 * kPage, 3 * kPage};
  EXPECT_THAT(subject([&] {
                HoldingPage page{slow.bytes().data() + kPage};
                std::vector<std::size_t> counts(4);
                std::vector<std::thread> threads;
                for (std::size_t& count : counts) {
                  threads.emplace_back([&] {
                    {
                      const auto end = page.reader();
                      (void)copied(slow.bytes());  // all four stand in this one at the same time
                    }
                    for (int i = 0; i < 20; ++i) count += copied(cut.bytes().subspan(1)).size();
                  });
                }
                page.await_readers(4);
                page.let_go();
                for (std::thread& thread : threads) thread.join();
                return counts;
              }),
              Returns(testing::Each(20 * (3 * kPage - 1))));
}

TEST(GuardedThreads, NobodyCopiesBeforeTheHandlerIsThere) {
  lesson(8, "a flag that says \"installed\" before sigaction has returned lets another thread into an unguarded copy");
  Gate at_sigaction{{"sigaction"}, When::kBefore};
  const CutFile cut{4 * kPage, kPage};
  EXPECT_THAT(subject([&] {
                std::vector<std::size_t> counts(2);
                std::atomic<bool> is_done{false};
                std::thread first{[&] {
                  const auto armed = at_sigaction.arm();
                  counts[0] = copied(cut.bytes()).size();
                }};
                at_sigaction.await_arrival();
                std::thread second{[&] {
                  counts[1] = copied(cut.bytes()).size();
                  is_done = true;
                }};
                // It may have to wait for the first; then nothing is shown, and it must be let go.
                const auto enough = shm::Deadline::after(judge::patience(std::chrono::milliseconds{30}));
                while (!is_done && !enough.passed()) std::this_thread::yield();
                at_sigaction.open();
                first.join();
                second.join();
                return counts;
              }),
              Returns(testing::Each(kPage)));
}

}  // namespace
