#include "explore/access_counter.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>

#include "shm/child.hpp"
#include "testing/shared.hpp"

namespace explore {
namespace {

[[gnu::noinline]] std::uint64_t read(const std::uint64_t& from) {
  return *static_cast<const volatile std::uint64_t*>(&from);
}
[[gnu::noinline]] void write(std::uint64_t& to) { to = 1; }

/// Four cache lines of words; word 8 is the first of line 1.
struct FourLines {
  alignas(64) std::array<std::uint64_t, 32> words{};
};

struct Counting : testing::Test {
  FourLines memory;
  AccessCounter counter{std::as_bytes(std::span{memory.words})};
  std::uint64_t& word(std::size_t index) { return memory.words[index]; }
};

TEST_F(Counting, HappensWithinAsOnly) {
  write(word(0));
  counter.as(0, [] {});
  write(word(0));
  EXPECT_EQ(counter.line(0, 0), Tally{});
  EXPECT_EQ(counter.line(0, 1), Tally{});
}

TEST_F(Counting, KeepsTheSidesApart) {
  counter.as(0, [&] { write(word(0)); });
  counter.as(1, [&] { (void)read(word(0)); });
  EXPECT_EQ(counter.line(0, 0), (Tally{.writes = 1}));
  EXPECT_EQ(counter.line(0, 1), (Tally{.reads = 1}));
}

TEST_F(Counting, KeepsLinesAndAddressesApart) {
  counter.as(0, [&] {
    write(word(8));
    write(word(15));
    write(word(16));
  });
  EXPECT_EQ(counter.lines(), 4U);
  EXPECT_EQ(counter.line(0, 0), Tally{});
  EXPECT_EQ(counter.line(1, 0), (Tally{.writes = 2}));
  EXPECT_EQ(counter.line(2, 0), (Tally{.writes = 1}));
  EXPECT_EQ(counter.at(&word(15), 0), (Tally{.writes = 1}));
}

TEST_F(Counting, BelongsToTheInnerSideWhenNested) {
  counter.as(0, [&] {
    counter.as(1, [&] { write(word(0)); });
    write(word(8));
  });
  EXPECT_EQ(counter.line(0, 0), Tally{});
  EXPECT_EQ(counter.line(0, 1), (Tally{.writes = 1}));
  EXPECT_EQ(counter.line(1, 0), (Tally{.writes = 1}));
}

TEST_F(Counting, EndsWithAnException) {
  EXPECT_THROW(counter.as(0, [] { throw std::runtime_error{"out"}; }), std::runtime_error);
  write(word(0));
  EXPECT_EQ(counter.line(0, 0), Tally{});
}

TEST_F(Counting, BeginsAnewAfterReset) {
  counter.as(0, [&] { write(word(0)); });
  counter.as(1, [&] { (void)read(word(0)); });
  counter.reset();
  EXPECT_EQ(counter.line(0, 0), Tally{});
  EXPECT_EQ(counter.at(&word(0), 0), Tally{});
  counter.as(1, [&] { (void)read(word(0)); });
  EXPECT_EQ(counter.looks(1), 0U) << "what was written before the reset still counts as written";
}

TEST_F(Counting, IsAboutTheRegionAlone) {
  FourLines elsewhere;
  AccessCounter middle{std::as_bytes(std::span{memory.words}.subspan(9, 2))};
  middle.as(0, [&] {
    write(elsewhere.words[0]);
    write(word(8));
    write(word(9));
    write(word(11));
  });
  EXPECT_EQ(middle.lines(), 1U);
  EXPECT_EQ(middle.line(0, 0), (Tally{.writes = 1}));
  EXPECT_THROW((void)middle.at(&word(8), 0), std::invalid_argument);
}

TEST_F(Counting, ClipsAnAccessThatBeginsBeforeTheRegion) {
  AccessCounter half{std::as_bytes(std::span{memory.words}).subspan(4, 4)};
  half.as(0, [&] { write(word(0)); });
  EXPECT_EQ(half.at(reinterpret_cast<std::byte*>(&word(0)) + 4, 0), (Tally{.writes = 1}));
}

TEST_F(Counting, FollowsEachThread) {
  counter.as(0, [&] {
    std::thread other{[&] {
      write(word(0));
      counter.as(1, [&] { write(word(8)); });
    }};
    other.join();
    write(word(16));
  });
  EXPECT_EQ(counter.line(0, 0), Tally{}) << "a new thread is on no side";
  EXPECT_EQ(counter.line(1, 1), (Tally{.writes = 1}));
  EXPECT_EQ(counter.line(2, 0), (Tally{.writes = 1}));
}

TEST_F(Counting, LosesNothingWhenThreadsShareASide) {
  constexpr unsigned kTimes = 20'000;
  const auto work = [&] {
    counter.as(0, [&] {
      for (unsigned i = 0; i < kTimes; ++i) (void)read(word(0));
    });
  };
  std::thread first{work};
  std::thread second{work};
  first.join();
  second.join();
  EXPECT_EQ(counter.line(0, 0).reads, 2 * kTimes);
}

TEST_F(Counting, CrossesAFork) {
  const judge::Shared<FourLines> shared;
  AccessCounter across{std::as_bytes(std::span{shared->words})};
  auto child = shm::Child::run([&] {
    across.as(1, [&] { write(shared->words[8]); });
    return 0;
  });
  ASSERT_EQ(child.wait(shm::Deadline::after(std::chrono::seconds{10})), (shm::ChildStatus{.exited = true, .code = 0}));
  EXPECT_EQ(across.line(1, 1), (Tally{.writes = 1}));
}

TEST_F(Counting, GoesOnInAForkedChild) {
  const judge::Shared<FourLines> shared;
  AccessCounter across{std::as_bytes(std::span{shared->words})};
  across.as(0, [&] {
    auto child = shm::Child::run([&] {
      write(shared->words[0]);
      return 0;
    });
    (void)child.wait(shm::Deadline::after(std::chrono::seconds{10}));
  });
  EXPECT_EQ(across.line(0, 0), (Tally{.writes = 1}));
}

TEST_F(Counting, RefusesWhatIsNotThere) {
  EXPECT_THROW(counter.as(2, [] {}), std::invalid_argument);
  EXPECT_THROW((void)counter.line(4, 0), std::invalid_argument);
  EXPECT_THROW(counter.declare_payload(std::as_bytes(std::span{&counter, 1})), std::invalid_argument);
}

TEST_F(Counting, KnowsHowOftenALineWasWritten) {
  std::atomic_ref atomic{word(1)};
  counter.as(0, [&] {
    write(word(0));
    atomic.store(1);
    (void)atomic.load();
    atomic.fetch_add(1);
  });
  EXPECT_EQ(counter.writes(0, 0), 3U);
}

TEST_F(Counting, TellsALookFromOtherReads) {
  counter.as(0, [&] { write(word(0)); });
  counter.as(1, [&] {
    (void)read(word(0));
    (void)read(word(0));
    (void)read(word(1));
    (void)read(word(8));
    write(word(8));
  });
  EXPECT_EQ(counter.looks(1), 2U);
  EXPECT_EQ(counter.looks(0), 0U);
}

TEST_F(Counting, DoesNotTakePayloadForALook) {
  counter.declare_payload(std::as_bytes(std::span{&word(0), 1}));
  counter.as(0, [&] {
    write(word(0));
    write(word(1));
  });
  counter.as(1, [&] {
    (void)read(word(0));
    (void)read(word(1));
  });
  EXPECT_EQ(counter.looks(1), 1U);
}

TEST_F(Counting, FindsReadsThatOnlySufferFromTheOther) {
  counter.as(0, [&] {
    write(word(0));
    write(word(8));
  });
  counter.as(1, [&] {
    (void)read(word(0));   // what was written
    (void)read(word(1));   // its neighbour
    (void)read(word(16));  // a line that nobody writes
  });
  EXPECT_EQ(counter.needless_reads(0, 1), 1U);
  EXPECT_EQ(counter.needless_reads(1, 1), 0U);
  EXPECT_EQ(counter.needless_reads(2, 1), 0U);
}

}  // namespace
}  // namespace explore
