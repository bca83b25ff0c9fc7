// Step 1: a ring lies in memory that somebody else has got.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "ring.hpp"
#include "ring_memory.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/probe.hpp"
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

MATCHER_P(Says, text, "says \"" + std::string{text} + "\"") { return arg.what.find(text) != std::string::npos; }

// A subject that tries to create and says what it met; the memory must be untouched.
auto refused_create(std::size_t bytes, std::size_t capacity, std::size_t misplaced_by = 0) {
  return subject([=] {
    const PrivateMemory memory{bytes + misplaced_by};
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
    const PrivateRing<Line> made{capacity};
    return std::array<std::size_t, 2>{made.ring.capacity(), made.ring.size()};
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
    const PrivateMemory memory{Ring<Small>::bytes_for(16) - 1};
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

TEST(Attach, FindsTheRingInAnotherProcess) {
  judge::lesson(1, "the peer maps the object at another address: what it needs must be in the memory, and no address");
  const SharedMemory memory;
  EXPECT_THAT((make_ring<Small>(memory, 32)), judge::ReturnsNormally());
  const auto facts = subject([&] {
    const AttachedRing<Small> peer{memory};
    return std::array<std::size_t, 2>{peer.ring.capacity(), peer.ring.size()};
  });
  EXPECT_THAT(facts, Returns(std::array<std::size_t, 2>{32, 0}));
}

TEST(Attach, RefusesMemoryWithoutARing) {
  judge::lesson(1, "zeroes are what an object holds whose creator is not done: they are no ring of capacity 0");
  EXPECT_THAT(subject([] {
                const PrivateMemory memory{4096};
                std::fill(memory.bytes().begin(), memory.bytes().end(), std::byte{0});
                static_cast<void>(Ring<Small>::attach(memory.bytes()));
              }),
              ThrowsErrno(EINVAL));
  const auto rubbish = subject([] {
    const PrivateMemory memory{4096};
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
    const PrivateMemory memory{tiny};
    static_cast<void>(Ring<Small>::attach(memory.bytes()));
  });
  EXPECT_THAT(refused, ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([] { static_cast<void>(Ring<Small>::attach({})); }), ThrowsErrno(EINVAL));
}

// Whether an item type is accepted shows when the header is compiled; that the step is begun shows when it runs.
auto smallest_ring() {
  return subject([] { return PrivateRing<Small>{1}.ring.capacity(); });
}

TEST(Items, OfPlainDataAreAccepted) {
  judge::lesson(1, "every trivially copyable type can travel as its bytes");
  EXPECT_THAT(smallest_ring(), Returns(std::size_t{1}));
  EXPECT_TRUE(judge::probe_compiles("item_of_plain_data")) << "an item of plain data does not compile";
}

TEST(Items, WithAStringDoNotCompile) {
  judge::lesson(1, "a string's characters lie on the heap of one process; the other would follow a wild pointer");
  EXPECT_THAT(smallest_ring(), Returns(std::size_t{1}));
  EXPECT_FALSE(judge::probe_compiles("item_with_a_string")) << "SpscRing<std::string> compiles";
}

TEST(Items, WithAVirtualFunctionDoNotCompile) {
  judge::lesson(1, "such an object holds the address of its functions, which lie elsewhere in the other process");
  EXPECT_THAT(smallest_ring(), Returns(std::size_t{1}));
  EXPECT_FALSE(judge::probe_compiles("item_with_a_virtual_function")) << "an item with a virtual function compiles";
}

TEST(Items, WithTheirOwnCopyingDoNotCompile) {
  judge::lesson(1, "only a trivially copyable object is its bytes");
  EXPECT_THAT(smallest_ring(), Returns(std::size_t{1}));
  EXPECT_FALSE(judge::probe_compiles("item_with_its_own_copying")) << "an item with its own copy constructor compiles";
}

TEST(Items, ThatArePointersDoNotCompile) {
  judge::lesson(1, "a pointer is trivially copyable, and worthless in a process that maps the object elsewhere");
  EXPECT_THAT(smallest_ring(), Returns(std::size_t{1}));
  EXPECT_FALSE(judge::probe_compiles("item_that_is_a_pointer")) << "SpscRing<const char*> compiles";
}

}  // namespace
