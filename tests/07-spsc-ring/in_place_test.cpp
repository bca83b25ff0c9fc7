// Step 5: items that are built and read where they lie.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>

#include "batches.hpp"
#include "ring.hpp"
#include "ring_memory.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/subject.hpp"

namespace {

using judge::Returns;
using judge::subject;
using lab::Line;
using ::testing::ElementsAre;

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

}  // namespace
