// Step 1: to find what another process has made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <thread>

#include "support.hpp"
#include "testing/deadlines.hpp"

namespace {

using judge::lesson;
using judge::PrivateMemory;
using judge::Returns;
using judge::subject;
using judge::ThrowsErrno;
using lab05::kItemSize;
using lab05::Numbers;
using lab05::PrivateQueue;
using ::testing::ElementsAre;

/// What attach() says to a queue of eight items after `damage`.
auto attach_after(const std::function<void(lab::Identity&)>& damage) {
  return subject([&] {
    PrivateQueue made{8, kItemSize};
    damage(made.queue.identity());
    static_cast<void>(lab::attach(made.memory.bytes(), kItemSize));
  });
}

TEST(Attach, FindsTheQueueInAnotherProcess) {
  lesson(1, "all that a process needs to know stands in the memory itself");
  const judge::SharedMemory memory;
  ASSERT_THAT(lab05::make_queue(memory, 7), judge::ReturnsNormally());
  EXPECT_THAT(subject([&] {
                const lab05::Peer peer{memory};
                return Numbers{peer.queue.identity().capacity, peer.queue.memory.data() == peer.mapping.data()};
              }),
              Returns(ElementsAre(7, 1)));
}

/// Looks as no program may, so that tsan sees no order in it.
[[gnu::no_sanitize_thread]] bool holds_the_magic(const lab::Queue& queue) {
  return *reinterpret_cast<volatile const std::uint64_t*>(queue.memory.data()) == lab::kMagic;
}

TEST(Attach, SeesAllThatWasMade) {
  lesson(1, "stored with release and read with acquire, the magic number brings all that was written before it");
  EXPECT_THAT(subject([] {
                const PrivateMemory memory{lab::bytes_for(7, kItemSize)};
                std::thread creator{[&] { static_cast<void>(lab::create(memory.bytes(), 7, kItemSize)); }};
                std::uint64_t capacity = 0;
                std::thread other{[&] {
                  const auto deadline = judge::in_good_time();
                  while (!holds_the_magic({memory.bytes()}) && !deadline.passed()) lab05::give_way();
                  capacity = lab::attach(memory.bytes(), kItemSize).identity().capacity;
                }};
                creator.join();
                other.join();
                return capacity;
              }),
              Returns(7U));
}

TEST(Attach, RefusesMemoryWithoutAQueue) {
  lesson(1, "any file can be mapped; only the magic number says what lies there");
  EXPECT_THAT(subject([] {
                const PrivateMemory rubbish{1 << 14};
                static_cast<void>(lab::attach(rubbish.bytes(), kItemSize));
              }),
              ThrowsErrno(EINVAL));
  EXPECT_THAT(attach_after([](lab::Identity& identity) { identity.magic = lab::kMagic ^ 1; }), ThrowsErrno(EINVAL));
}

TEST(Attach, RefusesAnotherVersion) {
  lesson(1, "a program of yesterday may still run: its layout is another one");
  EXPECT_THAT(attach_after([](lab::Identity& identity) { ++identity.version; }), ThrowsErrno(EINVAL));
}

TEST(Attach, RefusesItemsOfAnotherSize) {
  lesson(1, "who takes 8 bytes where 24 were pushed reads a third of an item");
  EXPECT_THAT(attach_after([](lab::Identity& identity) { identity.item_size = kItemSize - 8; }), ThrowsErrno(EINVAL));
}

TEST(Attach, RefusesACapacityThatCannotBe) {
  lesson(1, "what stands in the memory was written by another process: check it before you use it as an index");
  EXPECT_THAT(attach_after([](lab::Identity& identity) { ++identity.capacity; }), ThrowsErrno(EINVAL));
  EXPECT_THAT(attach_after([](lab::Identity& identity) { identity.capacity = 0; }), ThrowsErrno(EINVAL));
  EXPECT_THAT(attach_after([](lab::Identity& identity) {
                identity.capacity = std::numeric_limits<std::uint64_t>::max() / kItemSize + 2;
              }),
              ThrowsErrno(EINVAL));
}

TEST(Attach, RefusesMemoryInAWrongPlace) {
  lesson(1, "the caller's mapping may have failed, or be another one");
  EXPECT_THAT(subject([] { static_cast<void>(lab::attach({}, kItemSize)); }), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([] {
                const PrivateMemory memory{1 << 14};
                static_cast<void>(lab::create(memory.bytes(), 8, kItemSize));
                const auto moved = memory.bytes().subspan(8);
                std::memmove(moved.data(), memory.bytes().data(), lab::bytes_for(8, kItemSize));
                static_cast<void>(lab::attach(moved, kItemSize));
              }),
              ThrowsErrno(EINVAL));
}

TEST(Attach, ReadsNothingBeyondItsMemory) {
  lesson(1, "of four bytes of memory one may not even read the magic number");
  EXPECT_THAT(subject([] {
                const PrivateMemory small{4};
                static_cast<void>(lab::attach(small.bytes(), kItemSize));
              }),
              ThrowsErrno(EINVAL));
}

TEST(Attach, DisturbsNobody) {
  lesson(2, "others are at work in the queue: whoever initialises it once more takes their items and locks away");
  EXPECT_THAT(subject([] {
                const PrivateQueue made{8};
                static_cast<void>(lab05::try_push(made.queue, 5));
                const auto before = made.memory.copy();
                static_cast<void>(lab::attach(made.memory.bytes(), sizeof(lab05::Item)));
                return made.memory.copy() == before;
              }),
              Returns(true));
}

}  // namespace
