// The end of a queue, against all who wait.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "explored_queue.hpp"
#include "testing/lesson.hpp"

namespace queue_explore {
namespace {

using explore::require;
using explore::Scenario;
using judge::EndsWell;
using judge::explored;
using lab05::kClosed;
using lab05::kNotYet;

TEST(EveryOrder, OfCloseEndsTheWaitOfConsumers) {
  judge::lesson(5, "After a close nobody signals any more: wake all of them now, not one.");
  EXPECT_THAT(explored(
                  [](Scenario& s) {
                    auto& queue = queue_in(s, 1);
                    auto& closed = s.keep<judge::Moment>();
                    s.thread("the one who closes", [&] {
                      lab::close(queue);
                      closed.is_now();
                    });
                    for (const char* name : {"a consumer", "another consumer"}) {
                      s.thread(name, [&] {
                        const auto seen = lab05::pop(queue, judge::in_half_an_hour());
                        require(seen == kClosed || seen == kNotYet, "nothing comes out of an empty queue");
                        require(!closed.is_long_past(), "close wakes who waits for an item");
                      });
                    }
                  },
                  kSome),
              EndsWell());
}

TEST(EveryOrder, OfCloseEndsTheWaitOfProducers) {
  judge::lesson(5, "Who waits for room waits for the same news.");
  EXPECT_THAT(explored(
                  [](Scenario& s) {
                    auto& queue = queue_in(s, 1, 1);
                    auto& closed = s.keep<judge::Moment>();
                    s.thread("the one who closes", [&] {
                      lab::close(queue);
                      closed.is_now();
                    });
                    for (const char* name : {"a producer", "another producer"}) {
                      s.thread(name, [&] {
                        const auto result = lab05::push(queue, 2, judge::in_half_an_hour());
                        require(result == kClosed || result == kNotYet, "nothing goes into a full queue");
                        require(!closed.is_long_past(), "close wakes who waits for room");
                      });
                    }
                  },
                  kSome),
              EndsWell());
}

TEST(EveryOrder, OfCloseLosesNoItem) {
  judge::lesson(5, "An item whose producer heard that it is in the queue is delivered, close or not.");
  EXPECT_THAT(
      explored(
          [](Scenario& s) {
            auto& queue = queue_in(s, 1);
            auto& pushed = s.keep<bool>(false);
            auto& popped = s.keep<bool>(false);
            s.thread("the one who closes", [&] { lab::close(queue); });
            s.thread("the producer", [&] { pushed = lab05::try_push(queue, 1) == 1; });
            s.thread("the consumer", [&] { popped = lab05::pop(queue, judge::in_half_an_hour()) == 1; });
            s.finally([&] { require(popped || (lab05::try_pop(queue) == 1) == pushed, "what was pushed comes out"); });
          },
          kSome),
      EndsWell());
}

}  // namespace
}  // namespace queue_explore
