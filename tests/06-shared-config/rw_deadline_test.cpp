// Step 3: a read-write lock notices no death; its deadlines do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdint>
#include <string>

#include "support.hpp"

namespace {

using judge::far_away;
using judge::lesson;
using judge::past;
using judge::Returns;
using judge::ReturnsNormally;
using judge::SharedMemory;
using judge::soon;
using judge::subject;
using lab06::kTimedOut;
using lab06::Numbers;
using lab06::read;
using lab06::RwPeer;
using lab06::write;
using ::testing::ElementsAre;

/// What a write says, and whether its deadline had passed by then.
Numbers write_until(const SharedMemory& memory, shm::Deadline deadline) {
  const RwPeer peer{memory};
  const auto seen = write(peer.config, 2, deadline);
  return {seen, deadline.passed()};
}
/// The same of a read.
Numbers read_until(const SharedMemory& memory, shm::Deadline deadline) {
  const RwPeer peer{memory};
  const auto seen = read(peer.config, deadline);
  return {seen, deadline.passed()};
}
std::string both_of(const char* what) {
  return std::string{what} + lab06::or_what() + ", and whether its deadline had passed (1)";
}

TEST(RwDeadline, EndsTheWaitOfAWriter) {
  lesson(3, "pthread_rwlock_timedwrlock reads CLOCK_REALTIME: a time of CLOCK_MONOTONIC is a day in 1970 there");
  const SharedMemory memory;
  ASSERT_THAT(lab06::make<lab::RwConfig>(memory), ReturnsNormally());
  lab06::Reader reader{memory};
  EXPECT_THAT(subject([&] { return write_until(memory, soon()); }), Returns(ElementsAre(kTimedOut, 1)))
      << both_of("the version that was written");
  EXPECT_THAT(reader.go(), ReturnsNormally());
  EXPECT_THAT(subject([&] { return read(RwPeer{memory}.config, far_away()); }), Returns(1U)) << "nothing was written";
}

TEST(RwDeadline, IsInNobodysWay) {
  lesson(3, "a deadline limits the waiting: where nobody is in the way, it does not matter");
  const SharedMemory memory;
  ASSERT_THAT(lab06::make<lab::RwConfig>(memory), ReturnsNormally());
  EXPECT_THAT(subject([&] {
                const RwPeer peer{memory};
                return Numbers{write(peer.config, 2, past()), read(peer.config, past())};
              }),
              Returns(ElementsAre(2, 2)));
}

TEST(RwDeadline, IsNotReachedWhenTheReaderGoes) {
  lesson(3, "who waits is woken by the unlock of another process, long before the deadline");
  const SharedMemory memory;
  ASSERT_THAT(lab06::make<lab::RwConfig>(memory), ReturnsNormally());
  lab06::Reader reader{memory};
  const judge::Watched waiting;
  auto writer = judge::start([&] {
    waiting.here();
    return write_until(memory, far_away());
  });
  waiting.await_sleep();
  EXPECT_THAT(reader.go(), ReturnsNormally());
  EXPECT_THAT(writer.outcome(), Returns(ElementsAre(2, 0))) << both_of("the version that was written");
}

TEST(RwDeadline, IsNotReachedWhenTheWriterGoes) {
  lesson(3,
         "a reader waits as well, by the same clock: pthread_rwlock_timedrdlock reads CLOCK_REALTIME, where a time of "
         "CLOCK_MONOTONIC is long past");
  const SharedMemory memory;
  ASSERT_THAT(lab06::make<lab::RwConfig>(memory), ReturnsNormally());
  lab06::Reader first{memory};
  const judge::Watched writer_waits;
  auto writer = judge::start([&] {
    writer_waits.here();
    return write_until(memory, far_away());
  });
  writer_waits.await_sleep();
  const judge::Watched reader_waits;  // for the writer, who waits for the first reader
  auto reader = judge::start([&] {
    reader_waits.here();
    return read_until(memory, far_away());
  });
  reader_waits.await_sleep();
  EXPECT_THAT(first.go(), ReturnsNormally());
  EXPECT_THAT(writer.outcome(), Returns(ElementsAre(2, 0))) << both_of("the version that was written");
  EXPECT_THAT(reader.outcome(), Returns(::testing::AnyOf(ElementsAre(2, 0), ElementsAre(1, 0))))
      << both_of("the version that the reader behind the writer has read");
}

TEST(RwDeadline, IsAllThatHelpsAgainstADeadReader) {
  lesson(3, "an rwlock is never robust: a dead reader keeps writers out for ever, and without a deadline they hang");
  const SharedMemory memory;
  ASSERT_THAT(lab06::make<lab::RwConfig>(memory), ReturnsNormally());
  lab06::Reader reader{memory};
  EXPECT_THAT(reader.die(), judge::DiesOf(SIGKILL));
  EXPECT_THAT(subject([&] { return write_until(memory, soon()); }),
              Returns(::testing::AnyOf(ElementsAre(kTimedOut, 1), ElementsAre(2, ::testing::_))))
      << both_of("the version that was written")
      << ". It may have found out by itself; if not, it gives up at its deadline";
  EXPECT_THAT(subject([&] { return read(RwPeer{memory}.config, far_away()); }), Returns(::testing::AnyOf(1U, 2U)))
      << "a writer that has given up is in no reader's way";
}

}  // namespace
