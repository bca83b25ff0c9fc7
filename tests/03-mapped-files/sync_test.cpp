#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>

#include "support.hpp"

namespace {

using judge::FreshName;
using judge::lesson;
using judge::random_between;
using judge::ReturnsNormally;
using judge::subject;
using judge::ThrowsErrno;
using lab::kPageSize;

TEST(Sync, TakesARangeThatBeginsAnywhere) {
  lesson(1, "msync wants the start of a page: EINVAL for any other address, and then nothing at all has been synced");
  const FreshName name;
  lab03::put(name, std::string(3 * kPageSize, '\0'));
  const std::size_t offset = random_between(1, kPageSize - 1) + kPageSize * random_between(0, 1);
  const std::size_t size = random_between(1, 3 * kPageSize - offset);
  EXPECT_THAT(subject([&] { lab::sync(lab03::map_raw(name), offset, size); }), ReturnsNormally());
}

TEST(Sync, TakesARangeOfNothing) {
  lesson(1, "a batch without bytes has no page; its range may lie at the very end of the file");
  const FreshName name;
  lab03::put(name, std::string(2 * kPageSize, '\0'));
  EXPECT_THAT(subject([&] { lab::sync(lab03::map_raw(name), 2 * kPageSize, 0); }), ReturnsNormally());
}

TEST(Sync, RefusesWhatIsNotMapped) {
  lesson(1, "the part that is not mapped would not be synced, and nobody would learn of it");
  const FreshName name;
  lab03::put(name, std::string(2 * kPageSize, '\0'));
  const std::size_t offset = random_between(1, kPageSize);
  EXPECT_THAT(subject([&] { lab::sync(lab03::map_raw(name), offset, 2 * kPageSize - offset + 1); }),
              ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([&] { lab::sync(lab03::map_raw(name), 3 * kPageSize, 0); }), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([&] { lab::sync(lab03::map_raw(name), offset, SIZE_MAX - offset + 1); }), ThrowsErrno(EINVAL))
      << "offset and size add up to 0 here: size_t wraps";
}

TEST(Sync, ReportsThatTheDiskFailed) {
  lesson(1, "who is not told that the disk failed goes on as if the bytes were safe");
  const FreshName name;
  lab03::put(name, std::string(2 * kPageSize, '\0'));
  EXPECT_THAT(subject([&] {
                const lab::Log log = lab03::map_raw(name);
                judge::gate::fail_all(lab03::kSyncing, EIO);
                lab::sync(log, 100, 100);
              }),
              ThrowsErrno(EIO));
}

}  // namespace
