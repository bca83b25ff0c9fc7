// Step 5: batches, single items and items in place, mixed, and between two processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "batches.hpp"
#include "keep_trying.hpp"
#include "program.hpp"
#include "ring.hpp"
#include "ring_memory.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/memory.hpp"
#include "testing/seed.hpp"
#include "testing/subject.hpp"

namespace {

using judge::Returns;
using judge::subject;
using lab::Line;
using lab::Pixel;
using lab::Small;

template <typename T>
void compare_batches_with_model(std::size_t capacity, std::uint64_t first, std::size_t length) {
  const auto program = random_program({Call::kPush, Call::kPop, Call::kSize, Call::kPushMany, Call::kPopMany,
                                       Call::kClaimAndPublish, Call::kFrontAndRelease},
                                      length, capacity + 2);
  const auto answers = subject([&] {
    PrivateRing<T> made{capacity, first};
    return run(made.ring, program);
  });
  EXPECT_THAT(answers, Returns(AgreesWithModel(program, answers_of_model<T>(capacity, program), capacity)));
}

TEST(Batches, DoWhatAQueueDoes) {
  judge::lesson(5, "batches, single items and items in place share one ring, in any order");
  compare_batches_with_model<Small>(std::size_t{1} << judge::random_between(0, 5), judge::random_between(0, 1'000'000),
                                    2000);
  compare_batches_with_model<Line>(std::size_t{1} << judge::random_between(0, 3), 0, 1000);
}

TEST(Batches, DoWhatAQueueDoesWherePositionsTurnOver) {
  judge::lesson(5, "a batch may begin before 2^64 and end behind it");
  compare_batches_with_model<Small>(8, 0 - judge::random_between(1, 30), 1000);
  compare_batches_with_model<Pixel>(16, 0 - judge::random_between(1, 30), 500);
}

TEST(Batches, PassBetweenTwoProcesses) {
  judge::lesson(5, "the consumer's batches cut the stream elsewhere than the producer's, and lose nothing");
  const judge::SharedMemory memory;
  const auto count = judge::as_many_as_suits(20'000);
  ASSERT_THAT(make_ring<Small>(memory, 512, 0 - count / 2), judge::ReturnsNormally());
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
