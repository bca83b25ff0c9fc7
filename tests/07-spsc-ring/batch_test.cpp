// Step 5: many items for one publish, and items that are built where they lie.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "keep_trying.hpp"
#include "program.hpp"
#include "ring.hpp"
#include "ring_memory.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/seed.hpp"
#include "testing/subject.hpp"

namespace {

using judge::Returns;
using judge::subject;
using lab::Line;
using lab::Pixel;
using lab::Small;
using ::testing::ElementsAre;
using Numbers = std::vector<std::uint64_t>;

template <typename T>
std::vector<T> items_from(std::uint64_t first, std::size_t count) {
  std::vector<T> items;
  for (std::size_t i = 0; i < count; ++i) items.push_back(T::numbered(first + i));
  return items;
}

template <typename T>
Numbers drain(lab::Ring<T>& ring) {
  Numbers seen;
  for (T item{}; seen.size() <= 1000 && ring.try_pop(item);) seen.push_back(number_of(item));
  return seen;
}

TEST(PushMany, TakesAsManyAsFit) {
  judge::lesson(5, "the caller goes on with the rest, so it must know how many went in");
  const auto seen = subject([] {
    PrivateRing<Line> made{8};
    const auto items = items_from<Line>(0, 12);
    const auto first = made.ring.push_many(std::span{items}.first(5));
    const auto second = made.ring.push_many(std::span{items}.subspan(5));
    const auto third = made.ring.push_many(std::span{items}.last(1));
    Numbers all{first, second, third};
    for (const auto number : drain(made.ring)) all.push_back(number);
    return all;
  });
  EXPECT_THAT(seen, Returns(ElementsAre(5, 3, 0, 0, 1, 2, 3, 4, 5, 6, 7)));
}

TEST(PushMany, GoesOnAtTheStartOfTheRing) {
  judge::lesson(5, "a batch that reaches the last slot continues in the first: two copies, or the second half is outside");
  const auto seen = subject([] {
    PrivateRing<Line> made{8, 6};
    const auto items = items_from<Line>(0, 5);
    Numbers all{made.ring.push_many(std::span{items})};
    for (const auto number : drain(made.ring)) all.push_back(number);
    return all;
  });
  EXPECT_THAT(seen, Returns(ElementsAre(5, 0, 1, 2, 3, 4)));
}

TEST(PushMany, PublishesAllOrNothing) {
  judge::lesson(5, "a batch is one publish: a producer that dies in the middle of it has published none of it");
  const SharedMemory memory;
  EXPECT_THAT((make_ring<lab::Block>(memory, 16)), judge::ReturnsNormally());
  EXPECT_THAT(subject([&] {
                AttachedRing<lab::Block> peer{memory};
                const auto items = items_from<lab::Block>(0, 16);
                forbid_writing_behind_first_page(peer.mapping);
                return peer.ring.push_many(std::span{items});
              }),
              judge::DiesOf(SIGSEGV));
  EXPECT_THAT(subject([&] { return AttachedRing<lab::Block>{memory}.ring.size(); }), Returns(std::size_t{0}));
}

TEST(PushMany, OfNothingDoesNothing) {
  judge::lesson(5, "an empty span may have a null address, which memcpy must not be given");
  const auto seen = subject([] {
    PrivateRing<Small> made{4};
    const std::size_t pushed = made.ring.push_many({});
    const std::size_t popped = made.ring.pop_many({});
    return std::array<std::size_t, 3>{pushed, popped, made.ring.size()};
  });
  EXPECT_THAT(seen, Returns(std::array<std::size_t, 3>{0, 0, 0}));
}

TEST(PopMany, TakesAsManyAsThereAre) {
  judge::lesson(5, "a consumer with a large buffer takes what is there and does not wait for more");
  const auto seen = subject([] {
    PrivateRing<Line> made{8, 5};
    const auto items = items_from<Line>(0, 6);
    static_cast<void>(made.ring.push_many(std::span{items}));
    std::vector<Line> taken(16, Line::numbered(99));
    Numbers all{made.ring.pop_many(std::span{taken}.first(4)), made.ring.pop_many(std::span{taken}.subspan(4)),
                made.ring.pop_many(std::span{taken})};
    for (std::size_t i = 0; i < 7; ++i) all.push_back(number_of(taken[i]));
    return all;
  });
  EXPECT_THAT(seen, Returns(ElementsAre(4, 2, 0, 0, 1, 2, 3, 4, 5, 99)));
}

TEST(Claim, ShowsNothingBeforePublish) {
  judge::lesson(5, "the slot is still being written: whoever sees it now sees half an item");
  const auto seen = subject([] {
    PrivateRing<Line> made{4};
    Line item{};
    Line* slot = made.ring.claim();
    if (slot == nullptr) return Numbers{1000};
    *slot = Line::numbered(7);
    Numbers all{made.ring.size(), made.ring.try_pop(item), made.ring.front() != nullptr, made.ring.claim() == slot};
    made.ring.publish();
    all.push_back(made.ring.size());
    for (const auto number : drain(made.ring)) all.push_back(number);
    return all;
  });
  EXPECT_THAT(seen, Returns(ElementsAre(0, 0, 0, 1, 1, 7)));
}

TEST(Claim, GivesNoSlotOfAFullRing) {
  judge::lesson(5, "there is no slot to write in: the one behind the newest item holds the oldest");
  const auto seen = subject([] {
    PrivateRing<Line> made{2};
    Numbers all;
    for (std::uint64_t i = 0; i < 3; ++i) {
      Line* slot = made.ring.claim();
      all.push_back(slot != nullptr);
      if (slot == nullptr) continue;
      *slot = Line::numbered(i);
      made.ring.publish();
    }
    for (const auto number : drain(made.ring)) all.push_back(number);
    return all;
  });
  EXPECT_THAT(seen, Returns(ElementsAre(1, 1, 0, 0, 1)));
}

TEST(Front, KeepsTheItemUntilRelease) {
  judge::lesson(5, "the consumer still reads the slot: the producer must not get it back before release");
  const auto seen = subject([] {
    PrivateRing<Line> made{1};
    static_cast<void>(made.ring.try_push(Line::numbered(3)));
    const Line* slot = made.ring.front();
    if (slot == nullptr) return Numbers{1000};
    Numbers all{made.ring.try_push(Line::numbered(4)), made.ring.front() == slot, number_of(*slot)};
    made.ring.release();
    all.push_back(made.ring.size());
    all.push_back(made.ring.front() != nullptr);
    return all;
  });
  EXPECT_THAT(seen, Returns(ElementsAre(0, 1, 3, 0, 0)));
}

TEST(ZeroCopy, IsWhereItSays) {
  judge::lesson(5, "zero-copy means that the address lies in the ring, and fits the type");
  const auto inside = subject([] {
    PrivateRing<Line> made{4};
    const auto lies_in_ring = [&](const Line* slot) {
      const auto* at = reinterpret_cast<const std::byte*>(slot);
      const auto memory = made.memory.bytes();
      return at >= memory.data() && at + sizeof(Line) <= memory.data() + memory.size() &&
             reinterpret_cast<std::uintptr_t>(at) % alignof(Line) == 0;
    };
    Line* claimed = made.ring.claim();
    if (claimed == nullptr) return false;
    *claimed = Line::numbered(1);
    made.ring.publish();
    return lies_in_ring(claimed) && made.ring.front() == claimed;
  });
  EXPECT_THAT(inside, Returns(true));
}

template <typename T>
void compare_with_model(std::size_t capacity, std::uint64_t first, std::size_t length) {
  const auto program =
      random_program({Call::kPush, Call::kPop, Call::kSize, Call::kPushMany, Call::kPopMany, Call::kClaimAndPublish,
                      Call::kFrontAndRelease},
                     length, capacity + 2);
  const auto answers = subject([&] {
    PrivateRing<T> made{capacity, first};
    return run(made.ring, program);
  });
  EXPECT_THAT(answers, Returns(AgreesWithModel(program, answers_of_model<T>(capacity, program), capacity)));
}

TEST(Batches, DoWhatAQueueDoes) {
  judge::lesson(5, "batches, single items and items in place share one ring, in any order");
  compare_with_model<Small>(std::size_t{1} << judge::random_between(0, 5), judge::random_between(0, 1'000'000), 2000);
  compare_with_model<Line>(std::size_t{1} << judge::random_between(0, 3), 0, 1000);
}

TEST(Batches, DoWhatAQueueDoesWherePositionsTurnOver) {
  judge::lesson(5, "a batch may begin before 2^64 and end behind it");
  compare_with_model<Small>(8, 0 - judge::random_between(1, 30), 1000);
  compare_with_model<Pixel>(16, 0 - judge::random_between(1, 30), 500);
}

TEST(Batches, PassBetweenTwoProcesses) {
  judge::lesson(5, "the consumer's batches cut the stream elsewhere than the producer's, and lose nothing");
  const SharedMemory memory;
  const auto count = as_many_as_suits(20'000);
  EXPECT_THAT((make_ring<Small>(memory, 512, 0 - count / 2)), judge::ReturnsNormally());
  auto producer = judge::start(
      [&] {
        AttachedRing<Small> peer{memory};
        const auto items = items_from<Small>(0, count);
        std::size_t pushed = 0;
        while (pushed < count && keep_trying([&] {
                 const auto rest = std::span{items}.subspan(pushed);
                 const auto done = peer.ring.push_many(rest.first(std::min<std::size_t>(rest.size(), 23)));
                 pushed += done;
                 return done != 0;
               })) {
        }
        return pushed;
      },
      {.name = "the producer"});
  auto consumer = judge::start(
      [&] {
        AttachedRing<Small> peer{memory};
        Numbers seen;
        std::array<Small, 17> items{};
        while (seen.size() < count && keep_trying([&] {
                 const auto done = peer.ring.pop_many(items);
                 for (std::size_t i = 0; i < done && i < items.size(); ++i) seen.push_back(number_of(items[i]));
                 return done != 0;
               })) {
        }
        return seen;
      },
      {.name = "the consumer"});
  EXPECT_THAT(consumer.outcome(), Returns(numbers_below(count)));
  EXPECT_THAT(producer.outcome(), Returns(std::size_t{count}));
}

}  // namespace
