// Step 6: pages in advance.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include "support.hpp"

namespace {

using judge::EndsAs;
using judge::Kind;
using judge::lesson;
using judge::Returns;
using judge::subject;
using judge::ThrowsErrno;
using lab::Access;
using lab::Range;
using lab02::File;
using lab02::kPage;

/// How many of these pages are in the page table of this process. @see pagemap in proc(5)
std::size_t pages_present(const shm::Mapping& mapping, std::size_t first, std::size_t count) {
  std::vector<std::uint64_t> entries(count);
  const shm::UniqueFd table{::open("/proc/self/pagemap", O_RDONLY)};
  const auto at = (reinterpret_cast<std::uintptr_t>(mapping.data()) / kPage + first) * sizeof(std::uint64_t);
  const ssize_t got = ::pread(table.get(), entries.data(), count * sizeof(std::uint64_t), static_cast<off_t>(at));
  std::size_t present = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(std::max<ssize_t>(got, 0)) / sizeof(std::uint64_t); ++i) {
    present += entries[i] >> 63;
  }
  return present;
}

/// A fresh shared mapping of 32 pages, of which 20 are brought: how many are there.
std::size_t brought(const File& file, Access access) {
  const auto mapping = file.map();
  lab::prefault(mapping, {5 * kPage, 20 * kPage}, access);
  return pages_present(mapping, 5, 20);
}

TEST(Prefault, BringsEveryPageToRead) {
  lesson(6, "MADV_WILLNEED only starts to read ahead; each page still costs a fault at its first touch");
  const File file{32 * kPage};
  EXPECT_THAT(subject([&] { return brought(file, Access::kRead); }), Returns(20U));
}

TEST(Prefault, BringsEveryPageToWrite) {
  lesson(6, "who must not stop later faults now: every page, also the last one");
  const File file{32 * kPage};
  EXPECT_THAT(subject([&] { return brought(file, Access::kReadWrite); }), Returns(20U));
}

TEST(Prefault, BringsEachPageThatHoldsAByteOfTheRange) {
  lesson(6, "madvise wants an address on a page boundary; the range may begin and end in a page");
  const File file{8 * kPage};
  EXPECT_THAT(subject([&] {
                const auto mapping = file.map();
                lab::prefault(mapping, {2 * kPage - 1, kPage + 2}, Access::kRead);
                return pages_present(mapping, 1, 3);
              }),
              Returns(3U));
}

TEST(Prefault, GivesThisProcessItsOwnPrivatePages) {
  lesson(6, "a private page that was only brought to read is copied at the first write: that is the fault to avoid");
  const File file{4 * kPage};
  EXPECT_THAT(subject([&] {
                const auto mapping = file.map(MAP_PRIVATE);
                lab::prefault(mapping, {0, 4 * kPage}, Access::kReadWrite);
                file.write(3 * kPage, "news");
                return lab02::text_of(mapping.bytes());
              }),
              Returns(file.text()));
}

TEST(Prefault, FindsAnotherWayOnAnOlderKernel) {
  lesson(6, "a kernel that does not know MADV_POPULATE_READ says EINVAL; touching each page does the same");
  const File file{32 * kPage};
  EXPECT_THAT(subject([&] {
                judge::gate::fail_always("madvise", EINVAL);
                return std::vector{brought(file, Access::kRead), brought(file, Access::kReadWrite)};
              }),
              Returns(testing::ElementsAre(20U, 20U)));
}

TEST(Prefault, ChangesNothing) {
  lesson(6, "the simplest touch is a write of 0: it brings the page, and takes its first byte");
  const File file{8 * kPage};
  EXPECT_THAT(subject([&] {
                const auto mapping = file.map();
                lab::prefault(mapping, {0, 4 * kPage}, Access::kReadWrite);
                judge::gate::fail_always("madvise", EINVAL);
                lab::prefault(mapping, {4 * kPage, 4 * kPage}, Access::kReadWrite);
                return lab02::text_of(mapping.bytes());
              }),
              Returns(file.text()));
}

TEST(Prefault, APageBehindTheEndIsAnError) {
  lesson(6,
         "another way is for EINVAL only: who touches the pages after any error dies of SIGBUS where EFAULT was said");
  const File file{8 * kPage};
  const auto outcome = subject([&] {
    const auto mapping = file.map();
    file.cut(5 * kPage);
    lab::prefault(mapping, {0, 8 * kPage}, Access::kReadWrite);
  });
  EXPECT_THAT(outcome, EndsAs(Kind::kThrew));
  EXPECT_THAT(outcome.error, testing::AnyOf(EFAULT, ENOMEM)) << "the error of a std::system_error";
}

TEST(Prefault, RefusesWhatIsNoRange) {
  lesson(6, "what lies behind a mapping belongs to somebody else, and nothing can be brought for no access");
  const auto prefault = [](Range range, Access access) {
    return subject([=] { lab::prefault(lab02::private_memory(std::string(2 * kPage, 'x')), range, access); });
  };
  EXPECT_THAT(prefault({kPage, kPage + 1}, Access::kRead), ThrowsErrno(EINVAL));
  EXPECT_THAT(prefault({kPage, SIZE_MAX - 10}, Access::kRead), ThrowsErrno(EINVAL));
  EXPECT_THAT(prefault({0, 0}, Access::kRead), ThrowsErrno(EINVAL));
  EXPECT_THAT(prefault({0, kPage}, Access::kNone), ThrowsErrno(EINVAL));
}

}  // namespace
