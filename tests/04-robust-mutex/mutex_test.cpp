// Step 1: a mutex that tells of its owner's death.
#include <gtest/gtest.h>
#include <pthread.h>

#include <cerrno>

#include "support.hpp"
#include "testing/deadlines.hpp"
#include "testing/shared.hpp"

namespace {

using judge::lesson;
using judge::Returns;
using judge::ReturnsNormally;
using judge::subject;
using judge::ThrowsErrno;

TEST(Mutex, TellsThatItsOwnerDied) {
  lesson(1, "a mutex that is not robust stays locked for ever when its owner dies, and nobody is told");
  const judge::Shared<pthread_mutex_t> mutex;
  EXPECT_THAT(subject([&] {
                lab::make_mutex(*mutex);
                ::pthread_mutex_lock(&*mutex);
                lab04::die();
              }),
              judge::DiesOf(SIGKILL));
  EXPECT_THAT(subject([&] {
                const int error = ::pthread_mutex_trylock(&*mutex);
                ::pthread_mutex_consistent(&*mutex);
                ::pthread_mutex_unlock(&*mutex);
                return error;
              }),
              Returns(EOWNERDEAD));
}

TEST(Mutex, TellsWhoLocksItTwice) {
  lesson(1, "by default a thread that locks its own mutex again waits for itself; with error checking it is told");
  const judge::Shared<pthread_mutex_t> mutex;
  EXPECT_THAT(subject([&] {
                lab::make_mutex(*mutex);
                ::pthread_mutex_lock(&*mutex);
                // A timed lock: of a mutex that does not check, this would never return.
                const timespec until = judge::soon().as_timespec();
                const int error = ::pthread_mutex_clocklock(&*mutex, CLOCK_MONOTONIC, &until);
                ::pthread_mutex_unlock(&*mutex);
                return error;
              }),
              Returns(EDEADLK));
}

TEST(Mutex, IsAskedToBeSharedBetweenProcesses) {
  lesson(1, "a system that can't share a mutex says so; who does not ask has one for its own threads only");
  const judge::Shared<pthread_mutex_t> mutex;
  EXPECT_THAT(subject([&] {
                judge::gate::fail_always("pthread_mutexattr_setpshared", ENOTSUP);
                lab::make_mutex(*mutex);
              }),
              ThrowsErrno(ENOTSUP));
}

TEST(Mutex, ReportsThatItCannotBeMade) {
  lesson(1, "calls of pthreads' return their error: errno means nothing, and -1 is never returned");
  const judge::Shared<pthread_mutex_t> mutex;
  EXPECT_THAT(subject([&] {
                judge::gate::fail("pthread_mutex_init", ENOMEM);
                errno = 0;
                lab::make_mutex(*mutex);
              }),
              ThrowsErrno(ENOMEM));
  EXPECT_THAT(subject([&] { lab::make_mutex(*mutex); }), ReturnsNormally());
}

}  // namespace
