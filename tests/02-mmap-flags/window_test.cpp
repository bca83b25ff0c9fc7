// Step 3: a range of a file, wherever it begins.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include "support.hpp"

namespace {

using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::ReturnsNormally;
using judge::subject;
using judge::ThrowsErrno;
using lab::Access;
using lab::Range;
using lab::Sharing;
using lab02::File;
using lab02::kPage;
using testing::Le;

lab::Window shared_window(const File& file, Range range) {
  return lab::map_window(file.fd(), range, Sharing::kShared, Access::kReadWrite);
}

std::string seen_through(const lab::Window& window) { return lab02::text_of(window.bytes); }

auto look(const File& file, Range range) {
  return subject([&, range] { return seen_through(shared_window(file, range)); });
}

TEST(Window, BeginsAtAnyByte) {
  lesson(3,
         "mmap wants an offset on a page boundary (EINVAL): so map from the page's start, and give back what is in it");
  const File file{5 * kPage};
  const Range range{random_between(kPage + 1, 2 * kPage - 1), random_between(1, 2 * kPage)};
  EXPECT_THAT(look(file, range), Returns(file.text().substr(range.offset, range.length)));
}

TEST(Window, BeginsWithAPage) {
  lesson(3, "an offset that is a multiple of the page's size already stays as it is");
  const File file{5 * kPage};
  const Range range{2 * kPage, random_between(1, 2 * kPage)};
  EXPECT_THAT(subject([&] {
                const auto window = shared_window(file, range);
                const auto before = static_cast<std::size_t>(window.bytes.data() - window.mapping.data());
                return std::to_string(before) + " bytes before it: " + seen_through(window);
              }),
              Returns("0 bytes before it: " + file.text().substr(range.offset, range.length)));
}

TEST(Window, ReachesIntoTheLastPageThatItNeeds) {
  lesson(3,
         "what lies before the offset in its page adds to the length: without it, two bytes over a boundary lack one");
  const File file{4 * kPage};
  EXPECT_THAT(subject([&] {
                const auto window = shared_window(file, {kPage - 1, 2});
                return window.bytes.data() + window.bytes.size() <= window.mapping.data() + window.mapping.size();
              }),
              Returns(true));
}

TEST(Window, MapsNoPageThatItDoesNotNeed) {
  lesson(3, "a window into a file of terabytes is small: who maps everything before it needs address space for all");
  const File file{300 * kPage};
  const Range range{random_between(200 * kPage, 210 * kPage), 100};
  EXPECT_THAT(subject([&] { return shared_window(file, range).mapping.size(); }), Returns(Le(2 * kPage)));
}

TEST(Window, WritesArriveAtTheirPlace) {
  lesson(3, "the bytes that are given back are those of the offset, not those of the page's start");
  const File file{4 * kPage};
  const std::string text = judge::random_text(random_between(1, kPage));
  const std::size_t offset = random_between(1, 2 * kPage);
  EXPECT_THAT(subject([&] { lab02::put(shared_window(file, {offset, text.size()}).bytes, text); }), ReturnsNormally());
  EXPECT_EQ(file.contents(), std::string{file.text()}.replace(offset, text.size(), text));
}

TEST(Window, IsPrivateWhenAsked) {
  lesson(3, "a window is a mapping like any other: it may be private, and may only be read");
  const File file{4 * kPage};
  EXPECT_THAT(subject([&] {
                const auto window = lab::map_window(file.fd(), {100, 8}, Sharing::kPrivate, Access::kReadWrite);
                lab02::put(window.bytes, "private!");
                return seen_through(window);
              }),
              Returns("private!"));
  EXPECT_EQ(file.contents(), file.text());
}

TEST(Window, ReachesBeyondFourGigabytes) {
  lesson(3, "an offset is 64 bits wide, an int is not");
  const File file{0};
  const std::size_t offset = (std::size_t{5} << 30) + random_between(1, 10'000);
  file.cut(offset + 100);  // a hole: it needs no memory
  file.write(offset, "far away");
  EXPECT_THAT(look(file, {offset, 8}), Returns("far away"));
}

TEST(Window, EndsWhereTheFileEndsAtTheLatest) {
  lesson(3, "the last page has room behind the file's end; what one writes there, no file ever holds");
  const File file{2 * kPage + random_between(1, kPage - 1)};
  const std::size_t size = file.text().size();
  EXPECT_THAT(look(file, {size - 10, 10}), Returns(file.text().substr(size - 10)));
  EXPECT_THAT(look(file, {size - 10, 11}), ThrowsErrno(EINVAL));
  EXPECT_THAT(look(file, {size, 1}), ThrowsErrno(EINVAL));
}

TEST(Window, RefusesASumThatWraps) {
  lesson(3, "offset + length may be more than a size_t holds: then the sum is small, and looks harmless");
  const File file{2 * kPage};
  const std::size_t offset = random_between(1, kPage);
  EXPECT_THAT(look(file, {offset, SIZE_MAX - random_between(0, offset - 1)}), ThrowsErrno(EINVAL));
  EXPECT_THAT(look(file, {SIZE_MAX - kPage + 1, 2 * kPage}), ThrowsErrno(EINVAL));
}

TEST(Window, RefusesNoBytes) {
  lesson(3, "a window without a byte helps nobody, and at an odd offset it would map a page that was not asked for");
  const File file{2 * kPage};
  EXPECT_THAT(look(file, {random_between(1, kPage), 0}), ThrowsErrno(EINVAL));
}

}  // namespace
