// Step 7: contents that nobody needs any more.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include "support.hpp"

namespace {

using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::subject;
using judge::ThrowsErrno;
using lab::Range;
using lab::Sharing;
using lab02::File;
using lab02::kPage;

/// `text` with zeroes in place of these bytes.
std::string without(std::string text, std::size_t first, std::size_t end) {
  return text.replace(first, end - first, end - first, '\0');
}

/// Four private pages with this text, of which a range is discarded.
auto after_discarding(const std::string& text, Range range) {
  return subject([&text, range] {
    const auto mapping = lab02::private_memory(text);
    (void)lab::discard(mapping, range, Sharing::kPrivate);
    return lab02::text_of(mapping.bytes());
  });
}

TEST(Discard, SharedContentsAreGoneForEverybody) {
  lesson(7, "MADV_DONTNEED succeeds on a shared mapping and changes nothing that anybody could see");
  const File file{4 * kPage};
  const auto other = file.map();
  EXPECT_THAT(subject([&] {
                const auto mapping = file.map();
                (void)lab::discard(mapping, {kPage, 2 * kPage}, Sharing::kShared);
                return lab02::text_of(mapping.bytes());
              }),
              Returns(without(file.text(), kPage, 3 * kPage)));
  EXPECT_EQ(lab02::text_of(other.bytes()), without(file.text(), kPage, 3 * kPage));
  EXPECT_EQ(file.size(), 4 * kPage) << "the file does not get shorter";
}

TEST(Discard, GivesTheMemoryBack) {
  lesson(7, "a page of zeroes costs as much memory as any other");
  const File file{40 * kPage};
  EXPECT_THAT(subject([&] {
                return lab::discard(file.map(), {0, 40 * kPage}, Sharing::kShared);
              }),
              Returns(40 * kPage));
  EXPECT_EQ(file.reserved(), 0U) << "bytes of memory the file has";
}

TEST(Discard, PrivateMemoryReadsZero) {
  lesson(7, "MADV_FREE drops a page when memory is short, perhaps never; MADV_REMOVE is for shared memory only");
  const std::string text = judge::random_text(4 * kPage);
  EXPECT_THAT(after_discarding(text, {kPage, 2 * kPage}), Returns(without(text, kPage, 3 * kPage)));
}

TEST(Discard, APrivateViewOfAFileShowsTheFileAgain) {
  lesson(7, "what is private to this process is its copies of pages: without them, the file is what one sees");
  const File file{2 * kPage};
  EXPECT_THAT(subject([&] {
                const auto mapping = file.map(MAP_PRIVATE);
                lab02::put(mapping.bytes(), judge::random_text(2 * kPage));
                (void)lab::discard(mapping, {0, 2 * kPage}, Sharing::kPrivate);
                return lab02::text_of(mapping.bytes());
              }),
              Returns(file.text()));
  EXPECT_EQ(file.contents(), file.text());
}

TEST(Discard, DropsOnlyWholePagesInsideOfTheRange) {
  lesson(7, "madvise drops whole pages: rounded outwards, it takes the caller's neighbours along");
  const std::string text = judge::random_text(5 * kPage);
  const std::size_t first = kPage + random_between(1, kPage - 1);
  const std::size_t end = 4 * kPage + random_between(1, kPage - 1);
  EXPECT_THAT(after_discarding(text, {first, end - first}), Returns(without(text, 2 * kPage, 4 * kPage)));
  // A mapping that ends in the middle of a page, of a file that goes on there.
  const File file{2 * kPage};
  EXPECT_THAT(subject([&] {
                void* address = ::mmap(nullptr, kPage + 100, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd(), 0);
                return lab::discard(shm::Mapping{address, kPage + 100}, {0, kPage + 100}, Sharing::kShared);
              }),
              Returns(kPage));
  EXPECT_TRUE(file.contents() == without(file.text(), 0, kPage))
      << "bytes of the file behind the mapping's end are gone";
}

TEST(Discard, SaysHowMuchItDropped) {
  lesson(7, "the caller cannot know which pages were whole: so it is told");
  const std::size_t first = random_between(1, kPage - 1);
  const std::size_t end = 3 * kPage + random_between(1, kPage - 1);
  EXPECT_THAT(subject([&] {
                return lab::discard(lab02::private_memory(std::string(5 * kPage, 'x')), {first, end - first},
                                    Sharing::kPrivate);
              }),
              Returns(2 * kPage));
}

TEST(Discard, LeavesAPageThatIsNotWholeInTheRange) {
  lesson(7, "the start rounded up may lie behind the end rounded down: then there is nothing to do, not everything");
  const std::string text = judge::random_text(5 * kPage);
  EXPECT_THAT(after_discarding(text, {2 * kPage + 1, kPage - 1}), Returns(text));
  EXPECT_THAT(after_discarding(text, {2 * kPage + 10, 20}), Returns(text));
}

TEST(Discard, RefusesWhatIsNoRange) {
  lesson(7, "behind a mapping lies somebody else's memory, and madvise would drop that as readily");
  const auto discard = [](Range range) { return after_discarding(std::string(2 * kPage, 'x'), range); };
  EXPECT_THAT(discard({kPage, kPage + 1}), ThrowsErrno(EINVAL));
  EXPECT_THAT(discard({2 * kPage, kPage}), ThrowsErrno(EINVAL));
  EXPECT_THAT(discard({kPage, SIZE_MAX - kPage + 1}), ThrowsErrno(EINVAL));
  EXPECT_THAT(discard({0, 0}), ThrowsErrno(EINVAL));
}

TEST(Discard, WhoMayOnlyReadIsTold) {
  lesson(7,
         "to drop shared contents is to write to them: EACCES, and a caller who does not hear it believes them gone");
  const File file{2 * kPage};
  EXPECT_THAT(subject([&] {
                const auto fd = file.open(O_RDONLY);
                void* address = ::mmap(nullptr, 2 * kPage, PROT_READ, MAP_SHARED, fd.get(), 0);
                (void)lab::discard(shm::Mapping{address, 2 * kPage}, {0, 2 * kPage}, Sharing::kShared);
              }),
              ThrowsErrno(EACCES));
  EXPECT_EQ(file.contents(), file.text());
}

}  // namespace
