#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "support.hpp"
#include "testing/rendezvous.hpp"

namespace {

using judge::EndsAs;
using judge::FreshName;
using judge::Kind;
using judge::lesson;
using judge::random_between;
using judge::ReturnsNormally;
using judge::start;
using judge::subject;
using judge::ThrowsErrno;

auto create(const FreshName& name, std::size_t capacity) {
  return subject([&name, capacity] { (void)lab::create(lab03::path_of(name), capacity); });
}

TEST(Create, WritesMagicAndVersion) {
  lesson(2, "years later, a program must be able to tell what this file is, and whether it understands it");
  const FreshName name;
  ASSERT_THAT(create(name, random_between(1, 20'000)), ReturnsNormally());
  const std::string bytes = lab03::bytes_of(name);
  ASSERT_GE(bytes.size(), sizeof(lab::Header)) << "bytes in the file";
  EXPECT_EQ(std::memcmp(bytes.data(), &lab::kMagic, sizeof lab::kMagic), 0) << "the magic is not there";
  EXPECT_EQ(std::memcmp(bytes.data() + offsetof(lab::Header, version), &lab::kVersion, sizeof lab::kVersion), 0)
      << "the version is not there";
}

TEST(Create, RefusesAPathThatIsTaken) {
  lesson(2, "whose file it is decides O_EXCL, in one step; a log that is created over another has destroyed it");
  const FreshName name;
  const std::string text = judge::random_text(random_between(0, 300));
  lab03::put(name, text);
  EXPECT_THAT(create(name, 100), ThrowsErrno(EEXIST));
  EXPECT_TRUE(name.exists()) << "the file that was there before must stay";
  EXPECT_EQ(lab03::bytes_of(name), text) << "and keep its contents";
}

TEST(Create, LetsOneOfManyCreatorsWin) {
  lesson(2, "a look before the creation proves nothing: another may be between the two as well");
  const FreshName name;
  judge::Rendezvous together;
  const auto creator = [&] {
    together.meet(4);
    (void)lab::create(lab03::path_of(name), 100);
  };
  std::vector creators{start(creator), start(creator), start(creator), start(creator)};
  int winners = 0;
  for (auto& one : creators) {
    const auto outcome = one.outcome();
    EXPECT_THAT(outcome, testing::AnyOf(ReturnsNormally(), ThrowsErrno(EEXIST)));
    winners += outcome.kind == Kind::kReturned ? 1 : 0;
  }
  EXPECT_EQ(winners, 1) << "creators that believe the log is theirs";
}

TEST(Create, ReservesItsSpace) {
  lesson(2, "a file that was only made longer has holes: when the disk is full, a store into one is SIGBUS");
  const FreshName name;
  const std::size_t capacity = random_between(100'000, 300'000);
  ASSERT_THAT(create(name, capacity), ReturnsNormally());
  EXPECT_GE(lab03::reserved_bytes(name), capacity) << "bytes of room on the disk";
}

TEST(Create, SaysEnospcInsteadOfPromisingSpace) {
  lesson(2, "an error now can be handled; SIGBUS in the middle of an append cannot");
  const FreshName name;
  EXPECT_THAT(create(name, lab03::more_than_there_is()), ThrowsErrno(ENOSPC));
  EXPECT_FALSE(name.exists()) << "a file that is left makes every later attempt fail with EEXIST";
}

TEST(Create, GoesOnAfterASignal) {
  lesson(2, "a signal may end posix_fallocate with EINTR; that is no reason to give up");
  const FreshName name;
  EXPECT_THAT(subject([&] {
                judge::gate::fail_once(lab03::kReserving, EINTR);
                (void)lab::create(lab03::path_of(name), 5'000);
              }),
              ReturnsNormally());
  EXPECT_GE(lab03::reserved_bytes(name), 5'000U) << "bytes of room on the disk";
}

TEST(Create, LeavesNothingBehindWhenSpaceRunsOut) {
  lesson(2, "posix_fallocate returns its error, it does not set errno: who asks for -1 never hears of a full disk");
  const FreshName name;
  EXPECT_THAT(subject([&] {
                judge::gate::fail_all(lab03::kReserving, ENOSPC);
                errno = 0;
                (void)lab::create(lab03::path_of(name), 5'000);
              }),
              ThrowsErrno(ENOSPC));
  EXPECT_FALSE(name.exists());
}

TEST(Create, LeavesNothingBehindWhenItCannotBeMapped) {
  lesson(2, "a file that nobody finished stands in the way of the next attempt");
  const FreshName name;
  EXPECT_THAT(subject([&] {
                judge::gate::fail_all(lab03::kMapping, ENOMEM);
                (void)lab::create(lab03::path_of(name), 5'000);
              }),
              ThrowsErrno(ENOMEM));
  EXPECT_FALSE(name.exists());
}

TEST(Create, LeavesNothingBehindWhenItCannotBeMadeDurable) {
  lesson(2, "a log of which the disk knows nothing is no log; and who creates it must learn that");
  const FreshName name;
  EXPECT_THAT(subject([&] {
                judge::gate::fail_all(lab03::kSyncing, EIO);
                judge::gate::fail_always("pwrite", EIO);  // it may make each write durable by itself
                (void)lab::create(lab03::path_of(name), 5'000);
              }),
              ThrowsErrno(EIO));
  EXPECT_FALSE(name.exists());
}

// A header that becomes durable in two steps, then the directory: each of them may be the one that fails.
TEST(Create, LeavesNothingBehindWhenALaterSyncFails) {
  lesson(2, "a disk may fail at the last step of all: the file is in the way then as it is after the first");
  for (const char* const call : {"msync", "fsync", "fdatasync"}) {
    for (int nth = 1;; ++nth) {
      const FreshName name;
      const auto outcome = subject([&] {
        judge::gate::fail(call, EIO, nth);
        (void)lab::create(lab03::path_of(name), 5'000);
      });
      if (outcome.kind == Kind::kReturned) break;  // it makes fewer such calls than that
      ASSERT_THAT(outcome, ThrowsErrno(EIO)) << "where call " << nth << " of " << call << " fails";
      ASSERT_FALSE(name.exists()) << "the file is left where call " << nth << " of " << call << " fails";
    }
  }
}

TEST(Create, MakesItsNameDurable) {
  lesson(2, "a file's name is kept in its directory: until that is synced, a power cut takes the name, and so the log");
  const FreshName name;
  EXPECT_THAT(subject([&] {
                judge::gate::fail_all({"fsync", "fdatasync"}, EIO);  // msync(2) knows no directories
                (void)lab::create(lab03::path_of(name), 5'000);
              }),
              ThrowsErrno(EIO))
      << "where every fsync fails with EIO";
}

TEST(Create, RefusesACapacityThatCannotBe) {
  lesson(2,
         "size_t wraps: SIZE_MAX rounded up to pages is 0, and a header makes it a small log that claims to be huge");
  const FreshName name;
  EXPECT_THAT(create(name, 0), ThrowsErrno(EINVAL));
  const auto outcome = create(name, SIZE_MAX - random_between(0, lab::kPageSize - 2));
  EXPECT_THAT(outcome, EndsAs(Kind::kThrew));
  EXPECT_NE(outcome.error, 0) << "it must be a std::system_error";
  EXPECT_FALSE(name.exists());
}

}  // namespace
