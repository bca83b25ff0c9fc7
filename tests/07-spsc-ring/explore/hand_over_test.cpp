#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <limits>

#include "explored_ring.hpp"
#include "testing/lesson.hpp"

namespace ring_explore {
namespace {

using explore::Scenario;
using judge::EndsWell;
using judge::explored;
using lab::Small;

// Three items through a ring: a lap and a half of two slots.
void hand_over(Scenario& s, std::size_t capacity, std::uint64_t first) {
  auto& ring = ring_in<Small>(s, capacity, first);
  s.thread("the producer", [&] {
    for (std::uint64_t number = 1; number <= 3; ++number) {
      while (!ring.try_push(Small::numbered(number))) {
      }
    }
  });
  s.thread("the consumer", [&] {
    for (std::uint64_t number = 1; number <= 3; ++number) {
      Small item{};
      while (!ring.try_pop(item)) {
      }
      require_item(item, number);
    }
  });
}

TEST(EveryOrder, OfPushAndPopHandsOverEachItem) {
  judge::lesson(
      2,
      "x86-64 forgives a relaxed publish nearly always, compilers and other processors do not: the position may "
      "arrive before the item.");
  EXPECT_THAT(explored([](Scenario& s) { hand_over(s, 2, 0); }), EndsWell());
}

TEST(EveryOrder, OfASingleSlotGivesItBackOnlyWhenItIsRead) {
  judge::lesson(
      2, "With one slot every item waits for the one before: a slot given back too early is written while it is read.");
  EXPECT_THAT(explored([](Scenario& s) { hand_over(s, 1, 0); }), EndsWell());
}

TEST(EveryOrder, HandsOverWherePositionsTurnOver) {
  judge::lesson(2, "After 2^64 items the positions begin anew at 0, and nothing else may change.");
  EXPECT_THAT(explored([](Scenario& s) { hand_over(s, 2, std::numeric_limits<std::uint64_t>::max()); }), EndsWell());
}

TEST(EveryOrder, OfALookAtTheSizeIsPossible) {
  judge::lesson(2, "Anybody may ask for the size at any time: it may be late, never impossible.");
  EXPECT_THAT(explored([](Scenario& s) {
                auto& ring = ring_in<Small>(s, 1);
                s.thread("the producer", [&] {
                  for (std::uint64_t number = 1; number <= 2; ++number) {
                    while (!ring.try_push(Small::numbered(number))) {
                    }
                  }
                });
                s.thread("the consumer", [&] {
                  Small item{};
                  for (int i = 0; i < 2; ++i) {
                    while (!ring.try_pop(item)) {
                    }
                  }
                });
                s.thread("somebody else",
                         [&] { explore::require(ring.size() <= 1, "the size is at most the capacity"); });
              }),
              EndsWell());
}

TEST(EveryOrder, OfALookAtTheSizeCountsOnlyWhatWasThere) {
  judge::lesson(2,
                "A head that is newer than the tail beside it makes a size that never was: the later look must not be "
                "the older one.");
  EXPECT_THAT(explored([](Scenario& s) {
                auto& ring = ring_in<Small>(s, 4);
                s.thread("the producer", [&] { static_cast<void>(ring.try_push(Small::numbered(1))); });
                s.thread("the consumer", [&] {
                  Small item{};
                  static_cast<void>(ring.try_pop(item));
                });
                s.thread("somebody else", [&] {
                  explore::require(ring.size() <= 1, "where one item is ever pushed, the size is 0 or 1");
                });
              }),
              EndsWell());
}

TEST(EveryOrder, OfBatchesHandsOverEachItem) {
  judge::lesson(
      5, "A batch is published by one store behind all of its copies, also when it goes on at the ring's start.");
  EXPECT_THAT(explored([](Scenario& s) {
                auto& ring = ring_in<Small>(s, 2);
                s.thread("the producer", [&] {
                  const std::array items{Small::numbered(1), Small::numbered(2), Small::numbered(3)};
                  for (std::size_t done = 0; done < items.size();) {
                    done += ring.push_many(std::span{items}.subspan(done));
                  }
                });
                s.thread("the consumer", [&] {
                  std::array<Small, 3> items{};
                  for (std::size_t done = 0; done < items.size();) {
                    done += ring.pop_many(std::span{items}.subspan(done));
                  }
                  for (std::uint64_t number = 1; number <= 3; ++number) require_item(items[number - 1], number);
                });
              }),
              EndsWell());
}

TEST(EveryOrder, OfWorkInPlaceHandsOverEachItem) {
  judge::lesson(5,
                "An item that is written in place is written after claim() and before publish(); it is read between "
                "front() and release().");
  EXPECT_THAT(explored([](Scenario& s) {
                auto& ring = ring_in<Small>(s, 1);
                s.thread("the producer", [&] {
                  for (std::uint64_t number = 1; number <= 2; ++number) {
                    Small* slot = nullptr;
                    while ((slot = ring.claim()) == nullptr) {
                    }
                    const Small item = Small::numbered(number);
                    std::memcpy(slot, &item, sizeof item);
                    ring.publish();
                  }
                });
                s.thread("the consumer", [&] {
                  for (std::uint64_t number = 1; number <= 2; ++number) {
                    const Small* slot = nullptr;
                    while ((slot = ring.front()) == nullptr) {
                    }
                    Small item{};
                    std::memcpy(&item, slot, sizeof item);
                    require_item(item, number);
                    ring.release();
                  }
                });
              }),
              EndsWell());
}

}  // namespace
}  // namespace ring_explore
