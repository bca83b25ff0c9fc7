// Step 5: what may be done with which page.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <cstdint>
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
using lab::Range;
using lab02::File;
using lab02::kPage;

void write_at(const shm::Mapping& mapping, std::size_t offset) {
  *static_cast<volatile std::byte*>(mapping.data() + offset) = std::byte{'w'};
}

/// Four pages of random text, of which `range` is protected; then something is done with them.
auto protected_then(Range range, Access access, void (*deed)(const shm::Mapping&, std::size_t), std::size_t at) {
  const std::string text = judge::random_text(4 * kPage);
  return subject([=] {
    const auto mapping = lab02::private_memory(text);
    lab::protect(mapping, range, access);
    deed(mapping, at);
  });
}

TEST(Protect, AReadOnlyPageCannotBeWritten) {
  lesson(5, "a page that may only be read turns a stray write into SIGSEGV at the line that does it");
  EXPECT_THAT(protected_then({kPage, kPage}, Access::kRead, write_at, kPage + random_between(0, kPage - 1)),
              DiesOf(SIGSEGV));
}

TEST(Protect, APageWithoutAccessCannotBeRead) {
  lesson(5, "PROT_NONE makes a page a wall: who runs over the end of what lies before it stops there");
  EXPECT_THAT(protected_then(
                  {kPage, kPage}, Access::kNone,
                  [](const shm::Mapping& mapping, std::size_t at) {
                    (void)*static_cast<volatile std::byte*>(mapping.data() + at);
                  },
                  kPage + random_between(0, kPage - 1)),
              DiesOf(SIGSEGV));
}

TEST(Protect, CanBeTakenBack) {
  lesson(5, "the page is still there, and what it held");
  const std::string text = judge::random_text(2 * kPage);
  EXPECT_THAT(subject([&] {
                const auto mapping = lab02::private_memory(text);
                lab::protect(mapping, {0, 2 * kPage}, Access::kNone);
                lab::protect(mapping, {0, 2 * kPage}, Access::kReadWrite);
                write_at(mapping, 0);
                return lab02::text_of(mapping.bytes());
              }),
              Returns("w" + text.substr(1)));
}

TEST(Protect, LeavesTheOtherPagesAlone) {
  lesson(5, "an end that is rounded up once too often takes the next page along");
  EXPECT_THAT(protected_then(
                  {kPage, 2 * kPage}, Access::kNone,
                  [](const shm::Mapping& mapping, std::size_t) {
                    write_at(mapping, kPage - 1);
                    write_at(mapping, 3 * kPage);
                  },
                  0),
              ReturnsNormally());
}

TEST(Protect, TakesItsLastPageWhole) {
  lesson(5, "protection knows pages only: a range that ends in a page protects all of it");
  EXPECT_THAT(protected_then({kPage, kPage + random_between(1, kPage - 1)}, Access::kRead, write_at, 3 * kPage - 1),
              DiesOf(SIGSEGV));
}

TEST(Protect, RefusesToBeginInTheMiddleOfAPage) {
  lesson(5, "to round the start down would protect bytes that nobody asked for, and may lie in use: that is an error");
  EXPECT_THAT(protected_then({kPage + random_between(1, kPage - 1), kPage}, Access::kRead, write_at, kPage),
              ThrowsErrno(EINVAL));
}

TEST(Protect, RefusesWhatLiesOutsideOfTheMapping) {
  lesson(5, "behind a mapping lies something else, of somebody else: the kernel would protect that as readily");
  EXPECT_THAT(protected_then({3 * kPage, kPage + 1}, Access::kRead, write_at, 0), ThrowsErrno(EINVAL));
  EXPECT_THAT(protected_then({4 * kPage, kPage}, Access::kRead, write_at, 0), ThrowsErrno(EINVAL));
  EXPECT_THAT(protected_then({kPage, SIZE_MAX - kPage + 1}, Access::kRead, write_at, 0), ThrowsErrno(EINVAL));
}

TEST(Protect, RefusesNoBytes) {
  lesson(5, "mprotect of no bytes succeeds and does nothing: the caller would believe that something is protected");
  EXPECT_THAT(protected_then({kPage, 0}, Access::kRead, write_at, 0), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([] { lab::protect({}, {0, 1}, Access::kRead); }), ThrowsErrno(EINVAL));
}

TEST(Protect, CannotAllowWhatTheDescriptorDoesNot) {
  lesson(5, "a shared mapping of a descriptor that could only read stays so for ever: EACCES, or anybody could write");
  const File file{2 * kPage};
  EXPECT_THAT(subject([&] {
                const auto fd = file.open(O_RDONLY);
                void* address = ::mmap(nullptr, 2 * kPage, PROT_READ, MAP_SHARED, fd.get(), 0);
                const shm::Mapping mapping{address, 2 * kPage};
                lab::protect(mapping, {0, kPage}, Access::kReadWrite);
              }),
              ThrowsErrno(EACCES));
}

}  // namespace
