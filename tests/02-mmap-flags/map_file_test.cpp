// Step 1: a whole file, shared or private.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <string>

#include "support.hpp"

namespace {

using judge::DiesOf;
using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::ReturnsNormally;
using judge::subject;
using judge::ThrowsErrno;
using lab::Access;
using lab::Sharing;
using lab02::File;
using lab02::kPage;

TEST(MapFile, MapsAllOfTheFileAndNoMore) {
  lesson(1, "the size that counts is the file's own; behind it, in the last page, are bytes that belong to no file");
  const File file{random_between(1, 20'000)};
  EXPECT_THAT(subject([&] {
                const auto mapping = lab::map_file(file.fd(), Sharing::kShared, Access::kReadWrite);
                return lab02::text_of(mapping.bytes());
              }),
              Returns(file.text()));
}

TEST(MapFile, SharedWritesReachTheFile) {
  lesson(1, "a private mapping works until somebody else looks: the file would never change");
  const File file{random_between(100, 20'000)};
  const std::string text = judge::random_text(file.text().size());
  EXPECT_THAT(subject([&] {
                const auto mapping = lab::map_file(file.fd(), Sharing::kShared, Access::kReadWrite);
                lab02::put(mapping.bytes(), text);
              }),
              ReturnsNormally());
  EXPECT_EQ(file.contents(), text);
}

TEST(MapFile, PrivateWritesStayHere) {
  lesson(1, "the first write to a private page copies it: nobody else, and no file, sees what is written then");
  const File file{random_between(100, 20'000)};
  const std::string text = judge::random_text(file.text().size());
  EXPECT_THAT(subject([&] {
                const auto mapping = lab::map_file(file.fd(), Sharing::kPrivate, Access::kReadWrite);
                lab02::put(mapping.bytes(), text);
                return lab02::text_of(mapping.bytes());
              }),
              Returns(text));
  EXPECT_EQ(file.contents(), file.text());
}

TEST(MapFile, APrivatePageShowsTheFileUntilItIsWritten) {
  lesson(1, "MAP_PRIVATE is no snapshot: until a page is written here, what others write to it shows through");
  const File file{2 * kPage};
  const std::string news = judge::random_text(8);
  EXPECT_THAT(subject([&] {
                const auto mapping = lab::map_file(file.fd(), Sharing::kPrivate, Access::kReadWrite);
                mapping.data()[0] = std::byte{'x'};  // the first page is a copy now, the second is not
                file.write(8, news);
                file.write(kPage + 8, news);
                const auto bytes = mapping.bytes();
                return lab02::text_of(bytes.subspan(8, 8)) + lab02::text_of(bytes.subspan(kPage + 8, 8));
              }),
              Returns(file.text().substr(8, 8) + news));
}

TEST(MapFile, AReadOnlyDescriptorIsEnoughToRead) {
  lesson(1, "who asks for more than it needs is refused where it need not be: EACCES for a file that may only be read");
  const File file{random_between(1, 20'000)};
  EXPECT_THAT(subject([&] {
                const auto fd = file.open(O_RDONLY);
                return lab02::text_of(lab::map_file(fd.get(), Sharing::kShared, Access::kRead).bytes());
              }),
              Returns(file.text()));
}

TEST(MapFile, AReadOnlyDescriptorIsEnoughToWritePrivately) {
  lesson(1, "private writes change no file, so the descriptor need not allow them");
  const File file{random_between(10, 20'000)};
  EXPECT_THAT(subject([&] {
                const auto fd = file.open(O_RDONLY);
                const auto mapping = lab::map_file(fd.get(), Sharing::kPrivate, Access::kReadWrite);
                lab02::put(mapping.bytes(), "private");
                return lab02::text_of(mapping.bytes().first(7));
              }),
              Returns("private"));
}

TEST(MapFile, SharedWritingNeedsADescriptorThatCanWrite) {
  lesson(1, "EACCES now tells the caller what is wrong; a mapping that may only be read would be SIGSEGV later");
  const File file{random_between(1, 20'000)};
  EXPECT_THAT(subject([&] {
                const auto fd = file.open(O_RDONLY);
                (void)lab::map_file(fd.get(), Sharing::kShared, Access::kReadWrite);
              }),
              ThrowsErrno(EACCES));
}

TEST(MapFile, WhoMapsToReadCannotWrite) {
  lesson(1, "a mapping that may only be read turns a stray write into SIGSEGV, instead of damage that others read");
  const File file{random_between(1, 20'000)};
  EXPECT_THAT(subject([&] {
                const auto mapping = lab::map_file(file.fd(), Sharing::kShared, Access::kRead);
                *static_cast<volatile std::byte*>(mapping.data()) = std::byte{'x'};
              }),
              DiesOf(SIGSEGV));
}

TEST(MapFile, RefusesAnEmptyFile) {
  lesson(1, "a mapping without a page behind it is SIGBUS at the first touch, in code that did nothing wrong");
  const File file{0};
  EXPECT_THAT(subject([&] { (void)lab::map_file(file.fd(), Sharing::kShared, Access::kReadWrite); }),
              ThrowsErrno(EINVAL));
}

TEST(MapFile, SaysThatTheDescriptorIsNone) {
  lesson(1, "fstat fails as well: who does not look at its result goes on with a size that nobody has set");
  EXPECT_THAT(subject([] { (void)lab::map_file(-1, Sharing::kPrivate, Access::kRead); }), ThrowsErrno(EBADF));
}

TEST(MapFile, TheDescriptorStaysTheCallers) {
  lesson(1, "a mapping needs no descriptor to live, and who was lent one does not close it");
  const File file{random_between(1, 20'000)};
  EXPECT_THAT(subject([&] {
                auto fd = file.open(O_RDONLY);
                const auto mapping = lab::map_file(fd.get(), Sharing::kShared, Access::kRead);
                const bool is_open = ::fcntl(fd.get(), F_GETFD) != -1;
                fd.reset();
                return (is_open ? "" : "closed: ") + lab02::text_of(mapping.bytes());
              }),
              Returns(file.text()));
}

}  // namespace
