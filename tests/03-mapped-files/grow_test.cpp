#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

#include "support.hpp"

namespace {

using judge::FreshName;
using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::ReturnsNormally;
using judge::subject;
using judge::ThrowsErrno;
using lab03::joined;

/// A log that is almost full: it holds one record.
lab::Log full_log(const FreshName& name, const std::string& record) {
  lab::Log log = lab::create(lab03::path_of(name), lab::record_bytes(record.size()));
  lab03::write_batch(log, {record});
  return log;
}

/// The log's records, after one more was written to it; or the error.
std::string with_one_more(lab::Log& log, const FreshName& name, const std::string& record) {
  lab03::write_batch(log, {record});
  return lab03::contents(name);
}

TEST(Grow, MakesRoomForMore) {
  lesson(7, "mremap makes the mapping longer, not the file: a store behind the file's end is SIGBUS");
  const FreshName name;
  const std::string first = judge::random_text(100);
  const std::string large = judge::random_text(random_between(20'000, 60'000));
  EXPECT_THAT(subject([&] {
                lab::Log log = full_log(name, first);
                lab::grow(log, lab::record_bytes(large.size()));
                return with_one_more(log, name, large);
              }),
              Returns(joined({first, large})));
}

TEST(Grow, AddsToTheRoomThatIsLeft) {
  lesson(7,
         "what was there is still promised: the new room is counted from the old end of the file, not of the records");
  const FreshName name;
  const std::size_t room = random_between(2, 6) * lab::kPageSize;
  const std::string half = judge::random_text(room / 2 - lab::record_bytes(0));
  EXPECT_THAT(subject([&] {
                lab::Log log = lab::create(lab03::path_of(name), room);
                lab::append(log, half);
                lab::grow(log, room);
                for (int i = 0; i < 3; ++i) lab::append(log, half);
              }),
              ReturnsNormally());
}

TEST(Grow, KeepsWhatIsNotCommittedYet) {
  lesson(7, "a batch may need more room in its middle: what was appended before must not be lost by that");
  const FreshName name;
  const std::string large = judge::random_text(random_between(20'000, 60'000));
  EXPECT_THAT(subject([&] {
                lab::Log log = full_log(name, "first");
                lab::append(log, "second");
                lab::grow(log, lab::record_bytes(large.size()));
                return with_one_more(log, name, large);
              }),
              Returns(joined({"first", "second", large})));
}

TEST(Grow, ReservesItsSpace) {
  lesson(7, "ftruncate makes a file longer and reserves nothing: when the disk is full, a later append dies of SIGBUS");
  const FreshName name;
  const std::size_t more = random_between(100'000, 300'000);
  EXPECT_THAT(subject([&] {
                lab::Log log = full_log(name, "first");
                lab::grow(log, more);
              }),
              ReturnsNormally());
  EXPECT_GE(lab03::reserved_bytes(name), more) << "bytes of room on the disk";
}

/// What an attempt to grow comes to: its error, and the log after one more record.
std::string try_to_grow(
    const FreshName& name, std::size_t more, void (*prepare)() = [] {}) {
  lab::Log log = lab::create(lab03::path_of(name), 1'000);
  lab03::write_batch(log, {"first"});
  lab::append(log, "second");
  prepare();
  std::string what = "no error";
  try {
    lab::grow(log, more);
  } catch (const std::system_error& error) {
    what = judge::describe_errno(error.code().value());
  }
  judge::gate::forget();
  return what + ", then " + with_one_more(log, name, "third");
}

const char* const kAsBefore = ", then |first|second|third";

TEST(Grow, ChangesNothingWhenSpaceRunsOut) {
  lesson(7, "who is told ENOSPC goes on with what the log has");
  const FreshName name;
  const std::size_t too_much = lab03::more_than_there_is();
  EXPECT_THAT(subject([&] { return try_to_grow(name, too_much); }), Returns(judge::describe_errno(ENOSPC) + kAsBefore));
}

TEST(Grow, LeavesTheLogUsableWhenItCannotBeMapped) {
  lesson(7, "who unmaps first and maps then has nothing in hand when the second fails");
  const FreshName name;
  EXPECT_THAT(
      subject([&] { return try_to_grow(name, 60'000, [] { judge::gate::fail_all(lab03::kMapping, ENOMEM); }); }),
      Returns(judge::describe_errno(ENOMEM) + kAsBefore));
}

TEST(Grow, GoesOnAfterASignal) {
  lesson(7, "EINTR means: nothing happened, ask again");
  const FreshName name;
  EXPECT_THAT(
      subject([&] { return try_to_grow(name, 60'000, [] { judge::gate::fail_once(lab03::kReserving, EINTR); }); }),
      Returns(std::string{"no error"} + kAsBefore));
  EXPECT_GE(lab03::reserved_bytes(name), 60'000U) << "bytes of room on the disk";
}

TEST(Grow, RefusesASizeThatCannotBe) {
  lesson(7,
         "size_t wraps: a size near SIZE_MAX, plus what there is, is less than what there is, and looks like success");
  const FreshName name;
  const std::size_t wraps = SIZE_MAX - random_between(0, 2 * lab::kPageSize);
  const auto outcome = subject([&] { return try_to_grow(name, wraps); });
  EXPECT_THAT(outcome,
              Returns(testing::AllOf(testing::EndsWith(kAsBefore), testing::Not("no error" + std::string{kAsBefore}))));
}

TEST(Grow, IsNotForReaders) {
  lesson(7, "a reader must not change the file, and its size is a part of it");
  const FreshName name;
  EXPECT_THAT(subject([&] {
                (void)full_log(name, "first");
                lab::Log log = lab::open_to_read(lab03::path_of(name));
                lab::grow(log, 10'000);
              }),
              ThrowsErrno(EBADF));
}

TEST(Grow, MovesWhenThereIsNoRoomBehind) {
  lesson(7, "a mapping can only grow in place if nothing lies behind it; MREMAP_MAYMOVE lets it go elsewhere");
  const FreshName name;
  const std::string large = judge::random_text(50'000);
  EXPECT_THAT(
      subject([&] {
        lab::Log log = full_log(name, "first");
        std::byte* behind = log.mapping.data() + (log.mapping.size() + 4'095) / 4'096 * 4'096;
        void* wall = ::mmap(behind, 4'096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        const shm::Mapping owned{wall == MAP_FAILED ? nullptr : wall, 4'096};  // else something is there already
        lab::grow(log, lab::record_bytes(large.size()));
        return with_one_more(log, name, large);
      }),
      Returns(joined({"first", large})));
}

}  // namespace
