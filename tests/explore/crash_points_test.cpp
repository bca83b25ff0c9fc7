// At which moments a process dies: what counts as shared, and which calls others may notice.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>

#include "place.hpp"
#include "shm/unique_fd.hpp"
#include "testing/crash.hpp"

namespace {

using explore::require;
using judge::crash_sweep;
using judge::IsSurvived;
using testing::Not;

// How many crash points it passes, its end left out.
std::uint64_t points_of(const std::function<void()>& victim) {
  const auto outcome = crash_sweep({.prepare = [] {}, .victim = victim, .survivor = [] {}});
  EXPECT_THAT(outcome, IsSurvived());
  return outcome.value ? outcome.value->deaths - 2 : 0;
}

struct Pages {
  explicit Pages(std::size_t count) : fd{::memfd_create("pages", MFD_CLOEXEC)} {
    (void)::ftruncate(fd.get(), static_cast<off_t>(count * kPage));
  }
  [[nodiscard]] char* map(std::size_t size, int flags = MAP_SHARED, void* at = nullptr) const {
    return static_cast<char*>(::mmap(at, size, PROT_READ | PROT_WRITE, flags, fd.get(), 0));
  }
  shm::UniqueFd fd;
};

TEST(CrashPoints, AreWritesIntoAMappedFile) {
  const Pages pages{1};
  EXPECT_EQ(points_of([&] {
              auto* const bytes = pages.map(kPage);
              bytes[0] = 1;
              bytes[kPage - 1] = 1;
            }),
            2U);
}

TEST(CrashPoints, AreNotWritesIntoAPrivateMapping) {
  const Pages pages{1};
  EXPECT_EQ(points_of([&] { pages.map(kPage, MAP_PRIVATE)[0] = 1; }), 0U);
}

TEST(CrashPoints, AreWritesAnywhereInAPageThatIsMappedInPart) {
  const Pages pages{1};
  EXPECT_EQ(points_of([&] { pages.map(100)[200] = 1; }), 1U) << "the whole page is mapped";
}

TEST(CrashPoints, FollowAMappingThatMoves) {
  const Pages pages{4};
  EXPECT_EQ(points_of([&] {
              auto* const before = pages.map(kPage);
              auto* const behind = pages.map(kPage);  // so that it may have to move
              auto* const grown = static_cast<char*>(::mremap(before, kPage, 4 * kPage, MREMAP_MAYMOVE));
              grown[0] = 1;
              grown[3 * kPage] = 1;
              behind[0] = 1;
            }),
            3U);
}

TEST(CrashPoints, DoNotFollowWhatHasMovedAway) {
  const Pages pages{2};
  EXPECT_EQ(points_of([&] {
              auto* const bytes = pages.map(2 * kPage);
              auto* const room = static_cast<char*>(
                  ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
              // The second page goes elsewhere; private memory takes its place.
              auto* const moved =
                  static_cast<char*>(::mremap(bytes + kPage, kPage, kPage, MREMAP_MAYMOVE | MREMAP_FIXED, room));
              auto* const mine = static_cast<char*>(
                  ::mmap(bytes + kPage, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
              mine[0] = 1;   // none
              bytes[0] = 1;  // one
              moved[0] = 1;  // one
            }),
            2U);
}

TEST(CrashPoints, EndWithTheMappingOrAPartOfIt) {
  const Pages pages{3};
  EXPECT_EQ(points_of([&] {
              auto* const bytes = pages.map(3 * kPage);
              ::munmap(bytes + kPage, 1);  // a page: none are unmapped in part
              auto* const mine = static_cast<char*>(
                  ::mmap(bytes + kPage, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
              mine[7] = 1;           // none
              bytes[0] = 1;          // one
              bytes[2 * kPage] = 1;  // one
            }),
            2U);
}

TEST(CrashPoints, EndWhereSomethingPrivateLiesOverTheMapping) {
  const Pages pages{2};
  EXPECT_EQ(points_of([&] {
              auto* const bytes = pages.map(2 * kPage);
              (void)::mmap(bytes, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
              bytes[0] = 1;      // none
              bytes[kPage] = 1;  // one
            }),
            1U);
}

TEST(CrashPoints, DoNotEndWhenAMappingCannotBeUnmapped) {
  const Pages pages{1};
  EXPECT_EQ(points_of([&] {
              auto* const bytes = pages.map(kPage);
              (void)::munmap(bytes + 1, kPage);  // EINVAL
              bytes[7] = 1;
            }),
            1U);
}

TEST(CrashPoints, AreCallsThatOthersMayNotice) {
  const Pages pages{1};
  EXPECT_EQ(points_of([&] {
              auto* const bytes = pages.map(kPage);
              (void)::ftruncate(pages.fd.get(), kPage);
              (void)::msync(bytes, kPage, MS_SYNC);
              (void)::fsync(pages.fd.get());
            }),
            3U);
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  EXPECT_EQ(points_of([&] {
              ::pthread_mutex_lock(&mutex);
              ::pthread_mutex_unlock(&mutex);
            }),
            2U);
}

TEST(CrashPoints, AreAtomicAccessesThatWrite) {
  const Pages pages{1};
  EXPECT_EQ(points_of([&] {
              auto& count = *reinterpret_cast<std::atomic<std::uint32_t>*>(pages.map(kPage));
              count.store(1);
              count.fetch_add(1);
              (void)count.load();
            }),
            2U);
}

TEST(CrashPoints, AreCallsOnSegmentsAndWritesIntoThem) {
  EXPECT_EQ(points_of([] {
              const int id = ::shmget(IPC_PRIVATE, 100, IPC_CREAT | 0600);
              auto* const bytes = static_cast<char*>(::shmat(id, nullptr, 0));
              bytes[0] = 1;
              bytes[kPage - 1] = 1;
              ::shmctl(id, IPC_RMID, nullptr);
              ::shmdt(bytes);
            }),
            6U);
}

TEST(CrashPoints, AreNotLooksAtASegment) {
  EXPECT_EQ(points_of([] {
              shmid_ds status{};
              ::shmctl(0, IPC_STAT, &status);
            }),
            0U);
}

TEST(CrashPoints, EndWhenASegmentIsDetached) {
  const int id = ::shmget(IPC_PRIVATE, 2 * kPage, IPC_CREAT | 0600);
  EXPECT_EQ(points_of([&] {
              auto* const bytes = static_cast<char*>(::shmat(id, nullptr, 0));  // one
              ::shmdt(bytes);                                                   // one
              // As the heap would map it: nobody is told.
              ::syscall(SYS_mmap, bytes, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                        0);
              bytes[0] = 1;          // none
              bytes[kPage + 7] = 1;  // none
            }),
            2U);
  EXPECT_EQ(::shmctl(id, IPC_RMID, nullptr), 0);
}

// ---- In the middle of a long write
// -----------------------------------------------------------------------------------

constexpr std::size_t kLong = 40;  // words: more than it is torn at
using Long = std::array<std::uint64_t, kLong>;

judge::Outcome<judge::CrashSweep> sweep_long_copy(const Pages& pages, bool (*is_fine)(const Long&)) {
  return crash_sweep({.prepare =
                          [&] {
                            auto* const bytes = pages.map(kPage);
                            std::memset(bytes, 0, kPage);
                            ::munmap(bytes, kPage);
                          },
                      .victim =
                          [&] {
                            Long fresh;
                            fresh.fill(7);
                            std::memcpy(pages.map(kPage), &fresh, sizeof fresh);
                          },
                      .survivor =
                          [&, is_fine] {
                            Long found;
                            std::memcpy(&found, pages.map(kPage), sizeof found);
                            require(is_fine(found), "it is as it should be");
                          }});
}

TEST(LongCopy, IsTornInTheMiddle) {
  const Pages pages{1};
  EXPECT_THAT(sweep_long_copy(pages, [](const Long& found) { return found[0] == found[kLong / 2]; }),
              Not(IsSurvived()));
}

TEST(LongCopy, IsTornBeforeItsLastWord) {
  const Pages pages{1};
  EXPECT_THAT(sweep_long_copy(pages, [](const Long& found) { return found[kLong - 2] == found[kLong - 1]; }),
              Not(IsSurvived()));
}

TEST(LongCopy, IsNotTornAtEachWord) {
  const Pages pages{1};
  const auto outcome = sweep_long_copy(pages, [](const Long& found) { return found[0] >= found[kLong - 1]; });
  EXPECT_THAT(outcome, IsSurvived()) << "words are written from the first to the last";
  EXPECT_LE(outcome.value->deaths, 30U);
  EXPECT_TRUE(outcome.value->complete);
}

}  // namespace
