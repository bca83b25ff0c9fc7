// Step 2: items go in and come out, under the lock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <thread>

#include "support.hpp"
#include "testing/deadlines.hpp"
#include "testing/memory.hpp"
#include "testing/watched.hpp"

namespace {

using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::start;
using judge::subject;
using judge::ThrowsErrno;
using lab05::give_way;
using lab05::kNotYet;
using lab05::numbered;
using lab05::Numbers;
using lab05::PrivateQueue;
using lab05::try_pop;
using lab05::try_push;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

TEST(Items, ComeOutInTheirOrder) {
  lesson(2, "a queue is a promise about order");
  EXPECT_THAT(subject([] {
                const PrivateQueue made{3};
                Numbers seen;
                for (std::uint64_t number = 1; number <= 3; ++number) seen.push_back(try_push(made.queue, number));
                for (int i = 0; i < 3; ++i) seen.push_back(try_pop(made.queue));
                return seen;
              }),
              Returns(ElementsAre(1, 2, 3, 1, 2, 3)));
}

TEST(Items, AreNotLostInAFullQueue) {
  lesson(2, "'full' is an answer, not a reason to drop the item or to write over another; and it is full at capacity");
  EXPECT_THAT(subject([] {
                const PrivateQueue made{2};
                Numbers seen;
                for (std::uint64_t number = 1; number <= 3; ++number) seen.push_back(try_push(made.queue, number));
                seen.push_back(lab::size(made.queue));
                for (int i = 0; i < 3; ++i) seen.push_back(try_pop(made.queue));
                seen.push_back(lab::size(made.queue));
                return seen;
              }),
              Returns(ElementsAre(1, 2, kNotYet, 2, 1, 2, kNotYet, 0)));
}

TEST(Items, ThatAreNotThereChangeNothing) {
  lesson(2, "what the caller has in its buffer stays there when there is nothing to put in its place");
  EXPECT_THAT(subject([] {
                const PrivateQueue made{2};
                lab05::Item item = numbered(99);
                static_cast<void>(lab::try_pop(made.queue, std::as_writable_bytes(std::span{&item, 1})));
                return lab05::number_of(item);
              }),
              Returns(99U));
}

TEST(Items, OfAnotherSizeAreRefused) {
  lesson(2, "a copy of more bytes than a slot has runs into the next item");
  for (const auto wrong : {sizeof(lab05::Item) - 1, sizeof(lab05::Item) + 8}) {
    const auto with_wrong_size = [wrong](auto call) {
      return subject([wrong, call] {
        const PrivateQueue made{2};
        static_cast<void>(try_push(made.queue, 1));
        std::vector<std::byte> item(wrong);
        static_cast<void>(call(made.queue, std::span{item}));
      });
    };
    EXPECT_THAT(with_wrong_size([](const lab::Queue& queue, auto item) { return lab::try_push(queue, item); }),
                ThrowsErrno(EINVAL))
        << "from try_push, for " << wrong << " bytes";
    EXPECT_THAT(with_wrong_size([](const lab::Queue& queue, auto item) { return lab::try_pop(queue, item); }),
                ThrowsErrno(EINVAL))
        << "from try_pop, for " << wrong << " bytes";
  }
}

TEST(Items, DoWhatAQueueDoes) {
  lesson(2, "whatever the capacity (a power of two or not) and the size of an item, and however often it goes round");
  const std::size_t capacity = 2 * random_between(1, 3) + 1;
  const std::size_t item_size = random_between(1, 40);
  Numbers program;
  for (int i = 0; i < 400; ++i) program.push_back(random_between(0, 1) == 0 ? random_between(1, 255) : 0);
  std::deque<std::uint64_t> model;
  Numbers expected;
  for (const auto step : program) {  // a number is pushed; 0: take one
    const bool possible = step != 0 ? model.size() < capacity : !model.empty();
    expected.push_back(!possible ? kNotYet : step != 0 ? step : lab05::Said{model.front()});
    if (possible && step != 0) model.push_back(step);
    if (possible && step == 0) model.pop_front();
  }
  EXPECT_THAT(
      subject([&] {
        const PrivateQueue made{capacity, item_size};
        Numbers seen;
        for (const auto step : program) {
          std::vector<std::byte> item(item_size, static_cast<std::byte>(step.value));
          const lab::Result result = step != 0 ? lab::try_push(made.queue, item) : lab::try_pop(made.queue, item);
          const auto byte = static_cast<std::uint64_t>(item.front());
          seen.push_back(lab05::word_for(result, item.back() == item.front() ? lab05::Said{byte} : lab05::kTorn));
        }
        return seen;
      }),
      Returns(ElementsAreArray(expected)))
      << "with capacity " << capacity << " and items of " << item_size << " bytes";
}

TEST(Items, AreReadOnlyUnderTheLock) {
  lesson(2, "what is copied before the lock is taken, or after it is given back, another may be writing");
  EXPECT_THAT(subject([] {
                const PrivateQueue made{1};
                if (try_push(made.queue, 1) != 1) return false;
                // It pops once and makes no other call: that would put its copy in an order with the other's.
                std::uint64_t taken = 0;
                std::thread consumer{[&] { taken = try_pop(made.queue); }};
                std::thread producer{[&] {
                  const auto deadline = judge::in_good_time();
                  while (try_push(made.queue, 2) != 2 && !deadline.passed()) give_way();
                }};
                consumer.join();
                producer.join();
                return taken == 1 && try_pop(made.queue) == 2;
              }),
              Returns(true));
}

TEST(Lock, IsSharedByProcesses) {
  lesson(2,
         "a mutex without PTHREAD_PROCESS_SHARED wakes nobody in another process: it works until two want it at once");
  const judge::SharedMemory memory;
  ASSERT_THAT(lab05::make_queue(memory, 4), judge::ReturnsNormally());
  judge::gate::Gate in_the_lock{lab05::kLocking, judge::gate::When::kAfter};
  const judge::Watched second;
  auto owner = start([&] {
    const lab05::Peer peer{memory};
    const auto armed = in_the_lock.arm();
    return try_push(peer.queue, 1);
  });
  in_the_lock.await_arrival();
  auto waiter = start([&] {
    const lab05::Peer peer{memory};
    second.here();
    return try_push(peer.queue, 2);
  });
  second.await_sleep();
  in_the_lock.open();
  EXPECT_THAT(waiter.outcome(), Returns(2U));
  EXPECT_THAT(owner.outcome(), Returns(1U));
}

}  // namespace
