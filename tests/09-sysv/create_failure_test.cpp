#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

#include "support.hpp"

namespace {

using judge::lesson;
using judge::subject;
using judge::ThrowsErrno;
using judge::gate::fail;
using judge::gate::fail_always;
using lab09::contents;
using lab09::FreshPlace;

TEST(CreateFailure, LeavesNothingBehind) {
  lesson(2, "a segment that could not be attached is there all the same: it keeps its key, and its memory, for ever");
  const FreshPlace fresh;
  EXPECT_THAT(subject([&] {
                fail_always("shmat", ENOMEM);
                static_cast<void>(lab::create(fresh.place(), contents(500), 0600));
              }),
              ThrowsErrno(ENOMEM));
  EXPECT_FALSE(fresh.is_taken());
  EXPECT_THAT(subject([&] {
                lab09::be_nobody_special();
                static_cast<void>(lab::create(fresh.place(), contents(500), 0060));  // shuts ourselves out
              }),
              ThrowsErrno(EACCES));
  EXPECT_FALSE(fresh.is_taken());
  const auto outcome = subject([&] {
    fail("shmctl", EACCES);  // the first: if there is one, it is a question
    static_cast<void>(lab::create(fresh.place(), contents(500), 0600));
  });
  EXPECT_THAT(outcome, testing::AnyOf(ThrowsErrno(EACCES), judge::ReturnsNormally()));
  EXPECT_EQ(fresh.is_taken(), outcome.kind == judge::Kind::kReturned);
}

TEST(CreateFailure, SaysThatThereIsNoRoom) {
  lesson(2,
         "ENOSPC is the system's limit for segments (kernel.shmmni, kernel.shmall), ENOMEM its memory: both can be "
         "mended");
  const FreshPlace fresh;
  EXPECT_THAT(subject([&] {
                fail_always("shmget", ENOSPC);
                static_cast<void>(lab::create(fresh.place(), contents(500), 0600));
              }),
              ThrowsErrno(ENOSPC));
}

}  // namespace
