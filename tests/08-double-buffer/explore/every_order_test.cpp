// Two threads at one buffer, in every order, with every value that a load may see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>

#include "buffer_memory.hpp"
#include "testing/explored.hpp"
#include "testing/lesson.hpp"

namespace buffer_explore {
namespace {

using explore::require;
using explore::Scenario;
using judge::EndsWell;
using judge::explored;
using lab08::Kind;
using lab08::Side;

constexpr std::size_t kSize = 2 * lab::kWord;

/// A buffer in the memory of a scenario, which holds rubbish before.
lab::Buffer buffer_in(Kind kind) {
  const std::size_t size = lab::bytes_for(kind, kSize);
  auto* const memory = static_cast<std::byte*>(Scenario::allocate(size, shm::kCacheLine));
  std::memset(memory, 0xA5, size);
  return lab::create({memory, size}, kind, kSize);
}

/// A value that was read, and what must be true of it. @returns its number
std::uint64_t require_read(Side& side, std::uint64_t before) {
  const std::uint64_t seen = side.read();
  require(seen != lab08::kTorn, "a value is whole");
  require(seen != lab08::kMistaken && seen != lab08::kTouched, "a value is the one that its number says");
  require(seen >= before, "a reader never gets an older value than before");
  return seen;
}

/// What was before the threads began.
enum class Before { kNothing, kAReadBetweenTwoWrites };

/// The writer writes as many values, the reader reads as many times.
void write_and_read(Scenario& s, Kind kind, int values, int reads, Before before = Before::kNothing) {
  const lab::Buffer buffer = buffer_in(kind);
  auto& writing = s.keep<Side>(kind, buffer, kSize);
  auto& reading = s.keep<Side>(kind, buffer, kSize);
  auto& last = s.keep<std::uint64_t>(0);
  int first = 1;
  if (before == Before::kAReadBetweenTwoWrites) {
    writing.write(1);
    last = require_read(reading, 0);
    writing.write(2);
    first = 3;
    values += 2;
  }
  s.thread("the writer", [&writing, first, values] {
    for (int number = first; number <= values; ++number) {
      require(writing.write(static_cast<std::uint64_t>(number)) == static_cast<std::uint64_t>(number),
              "a write says the number of its value");
    }
  });
  s.thread("the reader", [&reading, &last, reads] {
    for (int i = 0; i < reads; ++i) last = require_read(reading, last);
  });
  s.finally([&reading, &last, values] {
    require(require_read(reading, last) == static_cast<std::uint64_t>(values), "in the end the newest value is there");
  });
}

TEST(EveryOrder, OfASeqlockGivesWholeValues) {
  judge::lesson(
      3,
      "The words of a copy may come from two values, and in any order: only a fence before the second look, and "
      "one after the mark, make it see what the words have seen. And the mark is a release store, as the last one is: "
      "who acquires it copies the value before.");
  EXPECT_THAT(explored([](Scenario& s) { write_and_read(s, Kind::kSeqlock, 3, 2); }), EndsWell());
}

TEST(EveryOrder, OfATripleBufferGivesWholeValues) {
  judge::lesson(4,
                "A slot goes to the reader by a release that it acquires, and comes back by one that the writer "
                "acquires: one of the four left out, and somebody looks into what is being written.");
  // So that each slot has been the writer's and the reader's, whichever are theirs at first.
  EXPECT_THAT(explored([](Scenario& s) { write_and_read(s, Kind::kTriple, 3, 2, Before::kAReadBetweenTwoWrites); }),
              EndsWell());
}

/// Somebody tells the reader that value 2 has been published.
void write_and_tell(Scenario& s, Kind kind) {
  const lab::Buffer buffer = buffer_in(kind);
  auto& writing = s.keep<Side>(kind, buffer, kSize);
  auto& reading = s.keep<Side>(kind, buffer, kSize);
  auto& published = s.make<std::atomic<bool>>(false);
  s.thread("the writer", [&writing, &published] {
    writing.write(1);
    writing.write(2);
    published.store(true, std::memory_order_release);
    writing.write(3);
  });
  s.thread("the reader", [&reading, &published] {
    std::uint64_t last = require_read(reading, 0);
    const bool told = published.load(std::memory_order_acquire);
    last = require_read(reading, last);
    require(!told || last >= 2, "what was published before the read began is not too new for it");
  });
}

TEST(EveryOrder, OfASeqlockGivesWhatWasKnownToBeThere) {
  judge::lesson(3, "'the newest' means: no older than what the reader could know of.");
  EXPECT_THAT(explored([](Scenario& s) { write_and_tell(s, Kind::kSeqlock); }), EndsWell());
}

TEST(EveryOrder, OfATripleBufferGivesWhatWasKnownToBeThere) {
  judge::lesson(4, "'the newest' means: no older than what the reader could know of.");
  EXPECT_THAT(explored([](Scenario& s) { write_and_tell(s, Kind::kTriple); }), EndsWell());
}

}  // namespace
}  // namespace buffer_explore
