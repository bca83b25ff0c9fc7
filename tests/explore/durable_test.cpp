// What of a file has certainly reached the disk.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "place.hpp"
#include "shm/unique_fd.hpp"
#include "testing/crash.hpp"

namespace {

using explore::require;
using judge::crash_sweep;
using judge::IsSurvived;
using judge::IsSurvivedSoFar;
using testing::HasSubstr;
using testing::Not;

/// A file of some pages, made anew before each death.
class File {
 public:
  explicit File(std::size_t pages)
      : pages_{pages}, path_{std::filesystem::temp_directory_path() / ("durable" + std::to_string(::getpid()))} {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { std::filesystem::remove(path_); }

  void make_anew() const { std::ofstream{path_, std::ios::trunc} << std::string(pages_ * kPage, '\0'); }
  [[nodiscard]] int open() const { return ::open(path_.c_str(), O_RDWR | O_CLOEXEC); }
  [[nodiscard]] std::string path() const { return path_; }

  /// Whoever finds the mark of `promise` on the first page finds that of `kept` as well.
  [[nodiscard]] judge::Outcome<judge::CrashSweep> sweep(const std::function<void(int, char*)>& victim, off_t promise,
                                                        off_t kept) const {
    return crash_sweep(
        {.prepare = [this] { make_anew(); },
         .victim =
             [&] {
               const int fd = open();
               constexpr std::size_t kRoom = 600 * kPage;  // more than there is
               victim(fd, static_cast<char*>(::mmap(nullptr, kRoom, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)));
             },
         .survivor =
             [&] {
               const shm::UniqueFd fd{open()};
               const auto mark = [&](off_t at) {
                 char byte = 0;
                 return ::pread(fd.get(), &byte, 1, at) == 1 && byte == 1;
               };
               require(!mark(promise) || mark(kept), "what is promised is kept");
             },
         .file = path()});
  }

 private:
  std::size_t pages_;
  std::filesystem::path path_;
};

constexpr off_t kSecond = kPage;

TEST(Durable, IsWhatFsyncHasSeen) {
  for (int (*sync)(int) : {&::fsync, &::fdatasync}) {
    EXPECT_THAT(File{2}.sweep(
                    [sync](int fd, char* bytes) {
                      bytes[kSecond] = 1;
                      sync(fd);
                      bytes[0] = 1;
                    },
                    0, kSecond),
                IsSurvived());
  }
}

TEST(Durable, IsNotWhatIsWrittenAfterFsync) {
  EXPECT_THAT(File{2}.sweep(
                  [](int fd, char* bytes) {
                    ::fsync(fd);
                    bytes[kSecond] = 1;
                    bytes[0] = 1;
                  },
                  0, kSecond),
              Not(IsSurvived()));
}

TEST(Durable, IsNotWhatFsyncOfAnotherFileHasSeen) {
  EXPECT_THAT(File{2}.sweep(
                  [](int, char* bytes) {
                    const shm::UniqueFd other{::memfd_create("other", MFD_CLOEXEC)};
                    bytes[kSecond] = 1;
                    ::fsync(other.get());
                    bytes[0] = 1;
                  },
                  0, kSecond),
              Not(IsSurvived()));
}

TEST(Durable, IsAWholePageHoweverLittleOfItIsGivenToMsync) {
  EXPECT_THAT(File{2}.sweep(
                  [](int, char* bytes) {
                    bytes[kSecond + 4000] = 1;
                    ::msync(bytes + kSecond, 1, MS_SYNC);
                    bytes[0] = 1;
                  },
                  0, kSecond + 4000),
              IsSurvived());
}

TEST(Durable, IsNoPageBehindTheOnesThatMsyncIsGiven) {
  EXPECT_THAT(File{3}.sweep(
                  [](int, char* bytes) {
                    bytes[2 * kPage] = 1;
                    ::msync(bytes, 2 * kPage, MS_SYNC);
                    bytes[0] = 1;
                  },
                  0, 2 * kPage),
              Not(IsSurvived()));
}

TEST(Durable, IsWhatMsyncHasSeenThroughAMappingAtAPlaceOfOnesOwn) {
  EXPECT_THAT(File{2}.sweep(
                  [](int fd, char* bytes) {
                    void* const room = ::mmap(nullptr, kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                    auto* const second = static_cast<char*>(
                        ::mmap(room, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, kSecond));
                    second[0] = 1;
                    ::msync(second, kPage, MS_SYNC);
                    bytes[0] = 1;
                  },
                  0, kSecond),
              IsSurvived());
}

TEST(Durable, IsAFileThatHasGrownWhenItIsSynced) {
  EXPECT_THAT(File{1}.sweep(
                  [](int fd, char* bytes) {
                    (void)::ftruncate(fd, 3 * kPage);
                    bytes[2 * kPage] = 1;
                    ::msync(bytes + 2 * kPage, kPage, MS_SYNC);
                    bytes[0] = 1;
                  },
                  0, 2 * kPage),
              IsSurvived());
}

TEST(Durable, IsNotAFileThatHasGrownUntilThen) {
  const auto outcome = File{1}.sweep(
      [](int fd, char* bytes) {
        (void)::ftruncate(fd, 3 * kPage);
        bytes[2 * kPage] = 1;
        bytes[0] = 1;
      },
      0, 2 * kPage);
  EXPECT_THAT(outcome, Not(IsSurvived()));
  EXPECT_THAT(judge::told(outcome.value->story), HasSubstr("the power fails; page 0"));
}

TEST(Durable, AreNeverTooManyPagesForTheSimpleFaults) {
  // Nine pages at risk: each alone is written back, or alone missing.
  const File file{9};
  const auto write = [](int, char* bytes) {
    for (std::size_t page = 9; page-- > 0;) bytes[page * kPage] = 1;
  };
  const auto outcome = file.sweep(write, 0, 5 * kPage);
  EXPECT_THAT(outcome, Not(IsSurvived()));
  const auto none = file.sweep(write, 0, 0);
  EXPECT_THAT(none, IsSurvivedSoFar());
  EXPECT_FALSE(none.value->complete) << "not all combinations of so many pages are tried";
}

TEST(Durable, IsAsManyDeathsAsWithoutAFile) {
  // It lives; it dies before it opens the file, before the write, the sync and the end. One of these has a page at
  // risk.
  const auto outcome = File{1}.sweep(
      [](int, char* bytes) {
        bytes[0] = 1;
        ::msync(bytes, kPage, MS_SYNC);
      },
      0, 0);
  EXPECT_THAT(outcome, IsSurvived());
  EXPECT_EQ(outcome.value->deaths, 1U + 2U + 2U + 3U + 2U);
}

TEST(Durable, IsWhatLiesBeyondTheLargestFileThatIsFollowed) {
  constexpr off_t kFar = 300 * kPage;
  const auto outcome = File{301}.sweep(
      [](int, char* bytes) {
        bytes[kFar] = 1;
        ::msync(bytes + kFar, kPage, MS_SYNC);
        bytes[0] = 1;
      },
      0, kFar);
  EXPECT_THAT(outcome, IsSurvivedSoFar()) << "no false alarm";
  EXPECT_FALSE(outcome.value->complete);
}

}  // namespace
