#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "predictions.hpp"
#include "support.hpp"
#include "testing/prediction.hpp"

/// Step 0: what the kernel does, found out by the judge's own code.
namespace {

using judge::FreshName;
using judge::Happens;
using judge::lesson;
using judge::predicted;
using judge::subject;
using lab::Answer;
using lab::kPredictions;

std::byte* byte_of(const lab::Log& log, std::size_t at) { return log.mapping.data() + at; }

TEST(Predict, FileOfAKilledWriter) {
  lesson(0,
         "a shared mapping is the file's own pages in memory, and they outlive who wrote to them; msync is about the "
         "power, not about processes");
  const FreshName name;
  lab03::put(name, "old");
  (void)subject([&] {
    const lab::Log log = lab03::map_raw(name);
    *byte_of(log, 0) = std::byte{'n'};
    ::kill(::getpid(), SIGKILL);
  });
  const auto seen = lab03::bytes_of(name) == "nld" ? Answer::kHoldsTheNewBytes : Answer::kHoldsTheOldBytes;
  EXPECT_THAT(predicted([] { return kPredictions.file_of_a_killed_writer; }), Happens(seen));
}

TEST(Predict, MsyncInTheMiddleOfAPage) {
  lesson(0,
         "the kernel writes back pages, and leaves it to you to say where they begin; only the length is rounded up");
  const FreshName name;
  lab03::put(name, std::string(9'000, 'x'));
  const auto outcome = subject([&] {
    const lab::Log log = lab03::map_raw(name);
    return ::msync(byte_of(log, 500), 100, MS_SYNC) == 0 ? 0 : errno;
  });
  const auto seen = outcome.value == EINVAL ? Answer::kFailsWithEinval : Answer::kSucceeds;
  EXPECT_THAT(predicted([] { return kPredictions.msync_in_the_middle_of_a_page; }), Happens(seen));
}

TEST(Predict, FtruncateToMoreThanThereIs) {
  lesson(0, "ftruncate writes down a size and reserves nothing: the file has a hole, and the bill comes as SIGBUS");
  const FreshName name;
  lab03::put(name, "");
  const int result = ::truncate(lab03::path_of(name).c_str(), static_cast<off_t>(lab03::more_than_there_is()));
  const auto seen = result == 0 ? Answer::kSucceeds : Answer::kFailsWithEnospc;
  EXPECT_THAT(predicted([] { return kPredictions.ftruncate_to_more_than_there_is; }), Happens(seen));
}

TEST(Predict, StoreBehindTheEndOfTheFile) {
  lesson(0,
         "the rest of the last page is there to be touched, but no part of the file: what is stored there is dropped");
  const FreshName name;
  lab03::put(name, std::string(100, 'x'));
  const auto outcome = subject([&] {
    const lab::Log log = lab03::map_raw(name);
    *byte_of(log, 200) = std::byte{'y'};
  });
  const auto seen = outcome.kind == judge::Kind::kSignal ? Answer::kDiesOfSigbus
                    : lab03::bytes_of(name).size() > 100 ? Answer::kMakesTheFileLonger
                                                         : Answer::kIsNotInTheFile;
  EXPECT_THAT(predicted([] { return kPredictions.store_behind_the_end_of_the_file; }), Happens(seen));
}

TEST(Predict, LockAfterAnotherClose) {
  lesson(0,
         "a lock of F_SETLK is the process's, and goes when the process closes any descriptor of the file; flock and "
         "F_OFD_SETLK hang on the one descriptor");
  const FreshName name;
  lab03::put(name, "x");
  const auto outcome = subject([&] {
    const shm::UniqueFd locked{::open(lab03::path_of(name).c_str(), O_RDWR | O_CLOEXEC)};
    struct flock lock {};
    lock.l_type = F_WRLCK;
    ::fcntl(locked.get(), F_SETLK, &lock);
    (void)lab03::bytes_of(name);  // opens the file and closes it
    const shm::UniqueFd other{::open(lab03::path_of(name).c_str(), O_RDWR | O_CLOEXEC)};
    lock.l_pid = 0;
    return ::fcntl(other.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;  // who asks is no process
  });
  const auto seen = outcome.value == true ? Answer::kIsStillLocked : Answer::kIsFree;
  EXPECT_THAT(predicted([] { return kPredictions.lock_after_another_close; }), Happens(seen));
}

}  // namespace
