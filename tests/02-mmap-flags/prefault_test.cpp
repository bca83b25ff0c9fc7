// Step 6: pages in advance.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <string>
#include <thread>
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

/// Of fresh memory, a page with a byte more before and behind it: how many pages are there. (Around a page of a file,
/// the kernel brings some more by itself.)
std::size_t brought_around_a_page() {
  void* address = ::mmap(nullptr, 8 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const shm::Mapping mapping{address, 8 * kPage};
  lab::prefault(mapping, {2 * kPage - 1, kPage + 2}, Access::kRead);
  return pages_present(mapping, 1, 3);
}

/// A private view of the file that was brought to write, after somebody else has written to the file's last page.
std::string private_view(const File& file) {
  const auto mapping = file.map(MAP_PRIVATE);
  lab::prefault(mapping, {0, file.size()}, Access::kReadWrite);
  file.write(file.size() - kPage, judge::random_text(4));
  return lab02::text_of(mapping.bytes());
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
  EXPECT_THAT(subject([&] {
                const std::size_t by_the_call = brought_around_a_page();
                judge::gate::fail_always("madvise", EINVAL);
                return std::vector{by_the_call, brought_around_a_page()};
              }),
              Returns(testing::ElementsAre(3U, 3U)))
      << "pages of 3: by madvise, and where it says EINVAL";
}

TEST(Prefault, GivesThisProcessItsOwnPrivatePages) {
  lesson(6, "a private page that was only brought to read is copied at the first write: that is the fault to avoid");
  const File file{4 * kPage};
  const File another{4 * kPage};
  EXPECT_THAT(subject([&] { return private_view(file) == file.text(); }), Returns(true));
  EXPECT_THAT(subject([&] {
                judge::gate::fail_always("madvise", EINVAL);
                return private_view(another) == another.text();
              }),
              Returns(true))
      << "whether the pages are its own, where madvise says EINVAL";
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

// Two threads of one process, for ThreadSanitizer.
TEST(Prefault, LosesNothingThatOthersWriteMeanwhile) {
  lesson(6,
         "\"read it, write it back\" takes back what another has written between the two; an atomic change of nothing "
         "doesn't");
  const File file{8 * kPage};
  EXPECT_THAT(subject([&] {
                const auto mapping = file.map();
                judge::gate::fail_always("madvise", EINVAL);
                const auto add_to_each = [&](unsigned char what) {
                  for (std::size_t at = 0; at < mapping.size(); at += kPage) {
                    std::atomic_ref<unsigned char>{*reinterpret_cast<unsigned char*>(mapping.data() + at)} += what;
                  }
                };
                std::thread other{[&] {
                  for (int i = 0; i < 100; ++i) add_to_each(1);
                }};
                for (int i = 0; i < 100; ++i) lab::prefault(mapping, {0, mapping.size()}, Access::kReadWrite);
                other.join();
                add_to_each(static_cast<unsigned char>(-100));
                return lab02::text_of(mapping.bytes()) == file.text();
              }),
              Returns(true))
      << "whether all is there that another thread wrote";
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
