// Push and pop that wait, in every order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "explored_queue.hpp"
#include "testing/deadlines.hpp"
#include "testing/lesson.hpp"

namespace queue_explore {
namespace {

using explore::require;
using explore::Scenario;
using judge::EndsWell;
using judge::explored;
using lab05::kNotYet;

TEST(EveryOrder, OfASlotGivesItBackOnlyWhenItIsRead) {
  judge::lesson(2, "As soon as an item is counted out, its slot is the producer's: copy first, under the lock.");
  EXPECT_THAT(explored(
                  [](Scenario& s) {
                    auto& queue = queue_in(s, 1, 1);
                    s.thread("the producer", [&] {
                      const auto result = lab05::try_push(queue, 2);
                      require(result == 2 || result == kNotYet, "there is room, or not yet");
                    });
                    s.thread("the consumer",
                             [&] { require(lab05::try_pop(queue) == 1, "the oldest item comes first, and whole"); });
                  },
                  kSome),
              EndsWell());
}

TEST(EveryOrder, OfSizeCountsWhatWasThere) {
  judge::lesson(2, "Two numbers that are read one after the other belong together only under the lock.");
  EXPECT_THAT(explored(
                  [](Scenario& s) {
                    auto& queue = queue_in(s, 1);
                    s.thread("who pushes, pops and pushes", [&] {
                      require(lab05::try_push(queue, 1) == 1, "an empty queue takes an item");
                      require(lab05::try_pop(queue) == 1, "the item comes out");
                      require(lab05::try_push(queue, 2) == 2, "and there is room again");
                    });
                    s.thread("who asks for the size",
                             [&] { require(lab::size(queue) <= 1, "never were there more than one item"); });
                  },
                  kSome),
              EndsWell());
}

TEST(EveryOrder, OfOneSlotHandsOverEachItem) {
  judge::lesson(4, "A wake-up is no item: who was woken looks again, under the lock, whether there is one.");
  EXPECT_THAT(
      explored(
          [](Scenario& s) {
            auto& queue = queue_in(s, 1);
            auto& pushed = s.keep<std::uint64_t>(0);
            auto& popped = s.keep<std::uint64_t>(0);
            auto& all_pushed = s.keep<judge::Moment>();
            s.thread("the producer", [&] {
              for (std::uint64_t number = 1; number <= 2; ++number) {
                if (lab05::push(queue, number, judge::in_half_an_hour()) != number) return;
                ++pushed;
              }
              all_pushed.is_now();
            });
            s.thread("the consumer", [&] {
              for (std::uint64_t number = 1; number <= 2; ++number) {
                const auto seen = lab05::pop(queue, judge::in_half_an_hour());
                require(!all_pushed.is_long_past(), "a push wakes who waits for an item");
                if (seen == kNotYet) return;
                require(seen == number, "items arrive whole and in order, each once");
                ++popped;
              }
            });
            s.finally([&] { require(popped + lab::size(queue) == pushed, "what was pushed is there or was taken"); });
          },
          kSome),
      EndsWell());
}

TEST(EveryOrder, OfTwoConsumersWakesBoth) {
  judge::lesson(4, "Two wait, two items come: who wakes only at the first leaves the second one asleep.");
  EXPECT_THAT(explored(
                  [](Scenario& s) {
                    auto& queue = queue_in(s, 2);
                    auto& sum = s.keep<std::uint64_t>(0);
                    auto& all_pushed = s.keep<judge::Moment>();
                    s.thread("the producer", [&] {
                      require(lab05::try_push(queue, 1) == 1, "an empty queue takes an item");
                      require(lab05::try_push(queue, 2) == 2, "a queue that is not full takes an item");
                      all_pushed.is_now();
                    });
                    for (const char* name : {"a consumer", "another consumer"}) {
                      s.thread(name, [&] {
                        const auto seen = lab05::pop(queue, judge::in_half_an_hour());
                        require(!all_pushed.is_long_past(), "a push wakes who waits for an item");
                        if (seen == kNotYet) return;
                        require(seen == 1 || seen == 2, "items arrive whole");
                        sum += seen;
                      });
                    }
                    s.finally([&] {
                      while (lab::size(queue) > 0) sum += lab05::try_pop(queue);
                      require(sum == 3, "each item is taken once, or still there");
                    });
                  },
                  kSome),
              EndsWell());
}

TEST(EveryOrder, OfTwoProducersThatWaitWakesBoth) {
  judge::lesson(4, "Two wait for room, two items are taken: both must hear of it.");
  EXPECT_THAT(explored(
                  [](Scenario& s) {
                    auto& queue = queue_in(s, 2, 2);
                    auto& both_taken = s.keep<judge::Moment>();
                    s.thread("the consumer", [&] {
                      require(lab05::try_pop(queue) == 1, "the oldest item comes first");
                      require(lab05::try_pop(queue) == 2, "then the next");
                      both_taken.is_now();
                    });
                    auto& pushed = s.keep<std::uint64_t>(0);
                    for (const char* name : {"a producer", "another producer"}) {
                      s.thread(name, [&] {
                        const auto result = lab05::push(queue, 7, judge::in_half_an_hour());
                        require(!both_taken.is_long_past(), "a pop wakes who waits for room");
                        pushed += result == 7 ? 1 : 0;
                      });
                    }
                    s.finally([&] { require(lab::size(queue) == pushed, "what was pushed is there"); });
                  },
                  kSome),
              EndsWell());
}

TEST(EveryOrder, OfTwoProducersLosesNoItem) {
  judge::lesson(4, "Two that write at once to the same slot, or count at once, lose an item.");
  EXPECT_THAT(explored(
                  [](Scenario& s) {
                    auto& queue = queue_in(s, 2);
                    for (const std::uint64_t number : {1, 2}) {
                      s.thread(number == 1 ? "a producer" : "another producer", [&queue, number] {
                        require(lab05::push(queue, number, judge::in_half_an_hour()) == number,
                                "there is room for both");
                      });
                    }
                    s.thread("the consumer", [&] {
                      const auto seen = lab05::try_pop(queue);
                      require(seen == 1 || seen == 2 || seen == kNotYet, "items arrive whole");
                      if (seen != kNotYet) require(lab05::try_pop(queue) != seen, "no item arrives twice");
                    });
                    s.finally([&] { require(lab::size(queue) <= 2, "there are not more items than were pushed"); });
                  },
                  kSome),
              EndsWell());
}

}  // namespace
}  // namespace queue_explore
