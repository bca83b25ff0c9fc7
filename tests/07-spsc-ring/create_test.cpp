// Step 1: a ring lies in memory that somebody else has got.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>

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
using lab::Block;
using lab::Line;
using lab::Pixel;
using lab::Ring;
using lab::Small;

// A subject that tries to create and says what it met; the memory must be untouched.
auto refused_create(std::size_t bytes, std::size_t capacity, std::size_t misplaced_by = 0) {
  return subject([=] {
    const judge::PrivateMemory memory{bytes + misplaced_by};
    const auto place = memory.bytes().subspan(misplaced_by);
    try {
      static_cast<void>(Ring<Small>::create(place, capacity));
    } catch (...) {
      for (const std::byte byte : memory.bytes()) {
        if (byte != std::byte{0xA5}) throw std::logic_error{"create failed, yet it has written to the memory"};
      }
      throw;
    }
  });
}

TEST(Create, GivesAnEmptyRing) {
  judge::lesson(1, "the memory may hold anything, so all that the ring needs must be written");
  const std::size_t capacity = std::size_t{1} << judge::random_between(0, 12);
  const auto facts = subject([&] {
    const judge::PrivateMemory memory{Ring<Line>::bytes_for(capacity)};
    // No two words alike: positions of the same rubbish would make an empty ring.
    for (auto& byte : memory.bytes()) byte = static_cast<std::byte>(judge::random_between(0, 255));
    const auto ring = Ring<Line>::create(memory.bytes(), capacity);
    return std::array<std::size_t, 2>{ring.capacity(), ring.size()};
  });
  EXPECT_THAT(facts, Returns(std::array<std::size_t, 2>{capacity, 0}));
}

TEST(Create, LiesAtTheStartOfItsMemory) {
  judge::lesson(1, "another process can only find the ring where the object starts, so it can't live anywhere else");
  const auto lies_there = subject([] {
    const PrivateRing<Small> made{8};
    return made.ring.address() == made.memory.bytes().data();
  });
  EXPECT_THAT(lies_there, Returns(true));
}

TEST(Create, TakesRoomForEveryItem) {
  judge::lesson(1, "a ring whose items reach beyond its memory writes over what lies there");
  const auto grows = subject([] {
    return std::array<bool, 3>{Ring<Block>::bytes_for(64) >= 64 * sizeof(Block) + 2 * sizeof(std::uint64_t),
                               Ring<Block>::bytes_for(128) - Ring<Block>::bytes_for(64) >= 64 * sizeof(Block),
                               Ring<Pixel>::bytes_for(1) < Ring<Pixel>::bytes_for(4096)};
  });
  EXPECT_THAT(grows, Returns(std::array<bool, 3>{true, true, true}));
}

TEST(Create, RefusesACapacityThatIsNoPowerOfTwo) {
  judge::lesson(1, "64-bit positions turn over at 2^64: with any other capacity, slots are skipped and doubled there");
  std::size_t capacity = 0;
  do {
    capacity = judge::random_between(3, 1000);
  } while ((capacity & (capacity - 1)) == 0);
  const auto refused = refused_create(64 * 1024, capacity);
  EXPECT_THAT(refused, ThrowsErrno(EINVAL));
  EXPECT_THAT(refused, Says("create"));
  EXPECT_THAT(refused, Says(std::to_string(capacity)));
}

TEST(Create, RefusesNoCapacity) {
  judge::lesson(1, "0 passes the usual test for a power of two, (n & (n - 1)) == 0");
  EXPECT_THAT(refused_create(4096, 0), ThrowsErrno(EINVAL));
}

TEST(Create, RefusesACapacityWhoseSizeOverflows) {
  judge::lesson(1, "2^61 items of 8 bytes are 2^64 bytes, and that is 0 in a size_t: it would fit every memory");
  EXPECT_THAT(refused_create(4096, std::size_t{1} << 61), ThrowsErrno(EINVAL));
  EXPECT_THAT(refused_create(4096, std::size_t{1} << 63), ThrowsErrno(EINVAL));
}

TEST(Create, RefusesTooLittleMemory) {
  judge::lesson(1, "whoever creates the object chose its size; one byte too few and the last item lies outside");
  const auto refused = subject([] {
    const judge::PrivateMemory memory{Ring<Small>::bytes_for(16) - 1};
    static_cast<void>(Ring<Small>::create(memory.bytes(), 16));
  });
  EXPECT_THAT(refused, ThrowsErrno(EINVAL));
  EXPECT_THAT(refused, Says("create"));
  const std::size_t tiny = judge::random_between(1, 15);
  const auto refused_tiny = refused_create(tiny, 16);
  EXPECT_THAT(refused_tiny, ThrowsErrno(EINVAL));
  EXPECT_THAT(refused_tiny, Says(std::to_string(tiny)));
}

TEST(Create, RefusesMemoryThatIsNotAligned) {
  judge::lesson(1, "a layout made of cache lines is one only if it begins at one");
  EXPECT_THAT(refused_create(8192, 16, 8 * judge::random_between(1, 7)), ThrowsErrno(EINVAL));
}

TEST(Create, RefusesNoMemory) {
  judge::lesson(1, "an empty span has no address: a crash in the creator is a poor error message");
  EXPECT_THAT(subject([] { static_cast<void>(Ring<Small>::create({}, 4)); }), ThrowsErrno(EINVAL));
}

TEST(Create, BytesForRefusesWhatCreateRefuses) {
  judge::lesson(1, "the size is asked for first: a wrong capacity should be noticed before an object is made for it");
  EXPECT_THAT(subject([] { return Ring<Small>::bytes_for(12); }), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([] { return Ring<Small>::bytes_for(std::size_t{1} << 62); }), ThrowsErrno(EINVAL));
}

}  // namespace
