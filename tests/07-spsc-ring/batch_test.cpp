// Step 5: many items for one publish.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <span>
#include <vector>

#include "batches.hpp"
#include "ring.hpp"
#include "ring_memory.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/memory.hpp"
#include "testing/subject.hpp"

namespace {

using judge::Returns;
using judge::subject;
using lab::Line;
using lab::Small;
using ::testing::ElementsAre;

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
  judge::lesson(5,
                "a batch that reaches the last slot continues in the first: two copies, or the second half is outside");
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
  const judge::SharedMemory memory;
  ASSERT_THAT(make_ring<lab::Block>(memory, 16), judge::ReturnsNormally());
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

}  // namespace
