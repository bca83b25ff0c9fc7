// Step 1: to find what another process has made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <functional>
#include <thread>

#include "support.hpp"

namespace {

using judge::lesson;
using judge::PrivateMemory;
using judge::Returns;
using judge::subject;
using judge::ThrowsErrno;
using lab08::Kind;
using lab08::PrivateBuffer;

constexpr std::size_t kSize = 48;

/// What attach() says to a seqlock's buffer after `damage`.
auto attach_after(const std::function<void(lab::Identity&)>& damage) {
  return subject([&] {
    const PrivateBuffer made{Kind::kSeqlock, kSize};
    damage(made.buffer.identity());
    static_cast<void>(lab::attach(made.memory.bytes(), Kind::kSeqlock, kSize));
  });
}

TEST(Attach, FindsTheBufferInAnotherProcess) {
  lesson(1, "all that a process needs to know stands in the memory itself");
  const lab08::BufferMemory memory;
  ASSERT_THAT(lab08::make_buffer(memory, Kind::kTriple, kSize), judge::ReturnsNormally());
  EXPECT_THAT(subject([&] {
                const lab08::Peer peer{memory, Kind::kTriple, kSize};
                return peer.side.buffer().memory.data() == peer.mapping.data() &&
                       peer.side.buffer().identity().value_size == kSize;
              }),
              Returns(true));
}

TEST(Attach, RefusesMemoryWithoutABuffer) {
  lesson(1, "any file can be mapped; only the magic number says what lies there");
  EXPECT_THAT(subject([] {
                const PrivateMemory rubbish{1 << 14};
                static_cast<void>(lab::attach(rubbish.bytes(), Kind::kTriple, kSize));
              }),
              ThrowsErrno(EINVAL));
  EXPECT_THAT(attach_after([](lab::Identity& identity) { identity.magic = lab::kMagic ^ 1; }), ThrowsErrno(EINVAL));
}

TEST(Attach, RefusesAnotherVersion) {
  lesson(1, "a program of yesterday may still run: its layout is another one");
  EXPECT_THAT(attach_after([](lab::Identity& identity) { ++identity.version; }), ThrowsErrno(EINVAL));
}

TEST(Attach, RefusesAnotherKind) {
  lesson(1, "one kind's index is the other kind's count: who takes them for each other writes where one reads");
  EXPECT_THAT(attach_after([](lab::Identity& identity) { identity.kind = Kind::kTriple; }), ThrowsErrno(EINVAL));
}

TEST(Attach, RefusesValuesOfAnotherSize) {
  lesson(1, "who takes 48 bytes where 40 were meant reads into the next slot");
  EXPECT_THAT(attach_after([](lab::Identity& identity) { identity.value_size -= 8; }), ThrowsErrno(EINVAL));
}

TEST(Attach, RefusesABufferLargerThanItsMemory) {
  lesson(1, "the caller may have mapped a part of it only");
  EXPECT_THAT(subject([] {
                const PrivateBuffer made{Kind::kSeqlock, kSize};
                const auto part = made.memory.bytes().first(lab::bytes_for(Kind::kSeqlock, kSize) - 1);
                static_cast<void>(lab::attach(part, Kind::kSeqlock, kSize));
              }),
              ThrowsErrno(EINVAL));
}

TEST(Attach, RefusesMemoryInAWrongPlace) {
  lesson(1, "the caller's mapping may have failed, or be another one");
  EXPECT_THAT(subject([] { static_cast<void>(lab::attach({}, Kind::kTriple, kSize)); }), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([] {
                const PrivateMemory memory{1 << 14};
                static_cast<void>(lab::create(memory.bytes(), Kind::kTriple, kSize));
                const auto moved = memory.bytes().subspan(8);
                std::memmove(moved.data(), memory.bytes().data(), lab::bytes_for(Kind::kTriple, kSize));
                static_cast<void>(lab::attach(moved, Kind::kTriple, kSize));
              }),
              ThrowsErrno(EINVAL));
}

TEST(Attach, ReadsNothingBeyondItsMemory) {
  lesson(1, "of four bytes of memory one may not even read the magic number");
  EXPECT_THAT(subject([] {
                const PrivateMemory small{4};
                static_cast<void>(lab::attach(small.bytes(), Kind::kTriple, kSize));
              }),
              ThrowsErrno(EINVAL));
}

TEST(Attach, SeesAllThatCameBeforeTheMagicNumber) {
  lesson(1,
         "the magic number says that the rest is there only if its store is a release and the load of who attaches an "
         "acquire: with one of them relaxed, its bytes may come before those of the rest");
  EXPECT_THAT(subject([] {
                const PrivateBuffer made{Kind::kTriple, kSize};  // once in this thread, whose exceptions are told
                static_cast<void>(lab::attach(made.memory.bytes(), Kind::kTriple, kSize));
                const PrivateMemory memory{lab::bytes_for(Kind::kTriple, kSize)};
                std::atomic<bool> is_made{false};  // relaxed: so it is in time, but to ThreadSanitizer in no order
                std::uint64_t found = 0;
                std::thread creator{[&] {
                  static_cast<void>(lab::create(memory.bytes(), Kind::kTriple, kSize));
                  is_made.store(true, std::memory_order_relaxed);
                }};
                std::thread attaching{[&] {
                  // The bare call, which is no gate.
                  while (!is_made.load(std::memory_order_relaxed)) ::syscall(SYS_sched_yield);
                  found = lab::attach(memory.bytes(), Kind::kTriple, kSize).identity().value_size;
                }};
                creator.join();
                attaching.join();
                return found;
              }),
              Returns(kSize));
}

TEST(Attach, DisturbsNobody) {
  lesson(4, "others are at work: whoever makes it once more takes their values away");
  EXPECT_THAT(subject([] {
                PrivateBuffer made{Kind::kTriple, kSize};
                made.side.write(1);
                static_cast<void>(made.side.read());
                const auto before = made.memory.copy();
                static_cast<void>(lab::attach(made.memory.bytes(), Kind::kTriple, kSize));
                return made.memory.copy() == before;
              }),
              Returns(true));
}

}  // namespace
