#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>

#include "support.hpp"

namespace {

using judge::EndsAs;
using judge::FreshName;
using judge::Kind;
using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::ReturnsNormally;
using judge::subject;
using judge::ThrowsErrno;

TEST(CreateFailure, SaysEnospcInsteadOfPromisingSpace) {
  lesson(2, "an error now can be handled; SIGBUS in the middle of somebody's write cannot");
  const FreshName name;
  const std::size_t too_much = lab01::more_than_there_is();
  EXPECT_THAT(subject([&] { (void)lab::create(name.str(), too_much, 0600); }), ThrowsErrno(ENOSPC));
  EXPECT_FALSE(name.exists()) << "a name that is left makes every later attempt fail with EEXIST";
}

TEST(CreateFailure, LeavesNothingBehindWhenSpaceRunsOut) {
  lesson(2, "a name that is left behind makes every later attempt fail with EEXIST");
  const FreshName name;
  EXPECT_THAT(subject([&] {
                judge::gate::fail_all(lab01::kReserving, ENOSPC);
                errno = 0;
                (void)lab::create(name.str(), 5'000, 0600);
              }),
              ThrowsErrno(ENOSPC));
  EXPECT_FALSE(name.exists());
}

TEST(CreateFailure, LeavesNothingBehindWhenItCannotBeMapped) {
  lesson(2, "the later a step fails, the more there is to undo: the name, the memory, the descriptor");
  const FreshName name;
  EXPECT_THAT(subject([&] {
                judge::gate::fail_all(lab01::kMapping, ENOMEM);
                (void)lab::create(name.str(), 5'000, 0600);
              }),
              ThrowsErrno(ENOMEM));
  EXPECT_FALSE(name.exists());
}

TEST(CreateFailure, LeavesNothingBehindWhenTheModeCannotBeSet) {
  lesson(2, "an object with the wrong mode is either a hole or useless; it must not stay");
  const FreshName name;
  const auto outcome = subject([&] {
    judge::gate::fail_always("fchmod", EPERM);
    (void)lab::create(name.str(), 5'000, 0666);
  });
  EXPECT_THAT(outcome, testing::AnyOf(ThrowsErrno(EPERM), ReturnsNormally()));  // there are ways without it
  EXPECT_EQ(lab01::facts_of(name).st_mode & 0777, outcome.kind == Kind::kThrew ? 0U : 0666U);
}

TEST(CreateFailure, GoesOnAfterASignal) {
  lesson(2, "a signal may end posix_fallocate with EINTR; that is no reason to give up");
  const FreshName name;
  EXPECT_THAT(subject([&] {
                judge::gate::fail_once(lab01::kReserving, EINTR);
                return lab::create(name.str(), 5'000, 0600).payload().size();
              }),
              Returns(5'000U));
  EXPECT_GE(lab01::reserved_bytes(name), 5'000U) << "bytes of memory the object has";
}

TEST(CreateFailure, ReportsThatItMayNot) {
  lesson(2, "the caller must learn why: EACCES needs another answer than EEXIST");
  const FreshName name;
  EXPECT_THAT(subject([&] {
                judge::gate::fail_all(lab01::kOpening, EACCES);
                (void)lab::create(name.str(), 5'000, 0600);
              }),
              ThrowsErrno(EACCES));
  EXPECT_FALSE(name.exists());
}

TEST(CreateFailure, RefusesASizeThatCannotBe) {
  lesson(2, "size_t wraps: SIZE_MAX plus a header is a tiny object whose payload reaches over all of memory");
  const FreshName name;
  const std::size_t wraps = SIZE_MAX - random_between(0, sizeof(lab::Header) - 2);  // with a header: 1 byte or more
  const auto outcome = subject([&] { (void)lab::create(name.str(), wraps, 0600); });
  EXPECT_THAT(outcome, EndsAs(Kind::kThrew));
  EXPECT_NE(outcome.error, 0) << "it must be a std::system_error";
  EXPECT_FALSE(name.exists());
}

}  // namespace
