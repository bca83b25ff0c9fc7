// Step 1: the ring that somebody else has made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

#include "ring.hpp"
#include "ring_memory.hpp"
#include "says.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/seed.hpp"
#include "testing/subject.hpp"

namespace {

using judge::Returns;
using judge::subject;
using judge::ThrowsErrno;
using lab::Line;
using lab::Ring;
using lab::Small;

TEST(Attach, FindsTheRingInAnotherProcess) {
  judge::lesson(1, "the peer maps the object at another address: what it needs must be in the memory, and no address");
  const judge::SharedMemory memory;
  ASSERT_THAT(make_ring<Small>(memory, 32), judge::ReturnsNormally());
  const auto facts = subject([&] {
    const AttachedRing<Small> peer{memory};
    return std::array<std::size_t, 2>{peer.ring.capacity(), peer.ring.size()};
  });
  EXPECT_THAT(facts, Returns(std::array<std::size_t, 2>{32, 0}));
}

TEST(Attach, RefusesMemoryWithoutARing) {
  judge::lesson(1, "zeroes are what an object holds whose creator is not done: they are no ring of capacity 0");
  EXPECT_THAT(subject([] {
                const judge::PrivateMemory memory{4096};
                std::fill(memory.bytes().begin(), memory.bytes().end(), std::byte{0});
                static_cast<void>(Ring<Small>::attach(memory.bytes()));
              }),
              ThrowsErrno(EINVAL));
  const auto rubbish = subject([] {
    const judge::PrivateMemory memory{4096};
    static_cast<void>(Ring<Small>::attach(memory.bytes()));
  });
  EXPECT_THAT(rubbish, ThrowsErrno(EINVAL));
  EXPECT_THAT(rubbish, Says("attach"));
}

TEST(Attach, RefusesItemsOfAnotherSize) {
  judge::lesson(1, "two programs built from different versions would read each other's items in the wrong places");
  const auto refused = subject([] {
    const PrivateRing<Small> made{64};
    static_cast<void>(Ring<Line>::attach(made.memory.bytes()));
  });
  EXPECT_THAT(refused, ThrowsErrno(EINVAL));
}

TEST(Attach, RefusesARingLargerThanItsMemory) {
  judge::lesson(1, "a mapping that is shorter than the ring is a crash that waits for the last item");
  const auto refused = subject([] {
    const PrivateRing<Small> made{64};
    static_cast<void>(Ring<Small>::attach(made.memory.bytes().first(made.memory.bytes().size() - 1)));
  });
  EXPECT_THAT(refused, ThrowsErrno(EINVAL));
}

TEST(Attach, ReadsNothingBeyondItsMemory) {
  judge::lesson(1, "an object of a few bytes must be refused by its size, before what it does not hold is read");
  const std::size_t tiny = judge::random_between(0, 15);
  const auto refused = subject([&] {
    const judge::PrivateMemory memory{tiny};
    static_cast<void>(Ring<Small>::attach(memory.bytes()));
  });
  EXPECT_THAT(refused, ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([] { static_cast<void>(Ring<Small>::attach({})); }), ThrowsErrno(EINVAL));
}

}  // namespace
