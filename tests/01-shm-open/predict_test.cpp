// Step 0: what the kernel does, guessed before it is tried.
#include "predictions.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.hpp"
#include "testing/prediction.hpp"

namespace {

using judge::experiment;
using judge::FreshName;
using judge::Happens;
using judge::Kind;
using judge::lesson;
using judge::predicted;
using lab::Answer;
using lab::kPredictions;

constexpr std::size_t kPage = 4'096;

// What a read of a byte that was never written came to.
Answer fate_of(const judge::Outcome<int>& read) {
  if (read.kind == Kind::kReturned) return read.value == 0 ? Answer::kReadsZeroes : Answer::kKeepsItsBytes;
  return read.signal == SIGBUS ? Answer::kDiesOfSigbus : Answer::kDiesOfSigsegv;
}

TEST(Predict, TheModeUnderAUmask) {
  lesson(0, "the umask takes its bits from every mode that a file or an object is created with; only fchmod says all");
  const FreshName name;
  const auto mode = experiment([&] {
    ::umask(077);
    const shm::UniqueFd fd{::shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0666)};
    return lab01::facts_of(name).st_mode & 0777U;
  });
  const Answer seen = mode.value == 0600U ? Answer::kHasMode0600 : Answer::kHasMode0666;
  EXPECT_THAT(predicted([] { return kPredictions.mode_under_a_umask; }), Happens(seen));
}

TEST(Predict, ASizeBeyondAllMemory) {
  lesson(0, "ftruncate writes down a size and reserves nothing; the write that finds no page dies of SIGBUS, later");
  const FreshName name;
  const auto fd = lab01::make_raw(name, 0);
  const auto size = static_cast<off_t>(lab01::more_than_there_is());
  const Answer seen = ::ftruncate(fd.get(), size) == 0 ? Answer::kSucceeds : Answer::kFailsWithEnospc;
  EXPECT_THAT(predicted([] { return kPredictions.size_beyond_all_memory; }), Happens(seen));
}

TEST(Predict, ATouchBeyondTheEnd) {
  lesson(0, "mremap makes the mapping larger, not the object: behind the object's last page there is nothing to read");
  const FreshName name;
  const auto fd = lab01::make_raw(name, kPage);
  const auto read = experiment([&] {
    auto mapping = shm::Mapping::shared(fd.get(), kPage);
    void* const larger = ::mremap(mapping.release(), kPage, 2 * kPage, MREMAP_MAYMOVE);
    const shm::Mapping owner{larger, 2 * kPage};
    return int{static_cast<const volatile char*>(larger)[kPage]};
  });
  EXPECT_THAT(predicted([] { return kPredictions.touch_beyond_the_end; }), Happens(fate_of(read)));
}

TEST(Predict, TheMemoryWithoutAName) {
  lesson(0, "shm_unlink takes the name only; the memory goes with its last mapping and descriptor");
  const FreshName name;
  const auto region = lab01::make_region(name, 1, true);
  lab01::write_text(region, "x");
  const auto read = experiment([&] {
    ::shm_unlink(name.c_str());
    return int{lab01::read_text(region, 1)[0]};
  });
  EXPECT_THAT(predicted([] { return kPredictions.memory_without_a_name; }), Happens(fate_of(read)));
}

}  // namespace
