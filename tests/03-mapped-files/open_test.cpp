#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "support.hpp"

namespace {

using judge::DiesOf;
using judge::FreshName;
using judge::lesson;
using judge::random_between;
using judge::ReturnsNormally;
using judge::subject;
using judge::ThrowsErrno;

auto create_any(const FreshName& name) {
  return subject([&] { (void)lab::create(lab03::path_of(name), random_between(1, 9'000)); });
}

auto open_to_read(const FreshName& name) {
  return subject([&] { (void)lab::open_to_read(lab03::path_of(name)); });
}

TEST(OpenToRead, TakesANewLog) {
  lesson(3, "what create() makes is a log, although it has no record yet");
  const FreshName name;
  ASSERT_THAT(create_any(name), ReturnsNormally());
  EXPECT_THAT(open_to_read(name), ReturnsNormally());
}

TEST(OpenToRead, CannotChangeTheLog) {
  lesson(3, "a stray write of a reader's would be in the file: PROT_READ makes it a SIGSEGV of the one who is wrong");
  const FreshName name;
  ASSERT_THAT(create_any(name), ReturnsNormally());
  const std::string before = lab03::bytes_of(name);
  EXPECT_THAT(subject([&] {
                const lab::Log log = lab::open_to_read(lab03::path_of(name));
                *log.mapping.data() = std::byte{0};
              }),
              DiesOf(SIGSEGV));
  EXPECT_EQ(lab03::bytes_of(name) == before, true) << "the file was changed";
}

TEST(OpenToRead, SaysEnoentWhenThereIsNone) {
  lesson(3, "to read creates nothing: an empty log where there was none hides that a path is wrong");
  const FreshName name;
  EXPECT_THAT(open_to_read(name), ThrowsErrno(ENOENT));
  EXPECT_FALSE(name.exists());
}

TEST(OpenToRead, RefusesAForeignFile) {
  lesson(3, "the bytes of another format are not lengths and checksums, whatever they look like");
  const FreshName name;
  const std::string text = judge::random_text(random_between(sizeof(lab::Header), 20'000));
  lab03::put(name, text);
  EXPECT_THAT(open_to_read(name), ThrowsErrno(EILSEQ));
  EXPECT_EQ(lab03::bytes_of(name) == text, true) << "the foreign file was changed";
}

TEST(OpenToRead, RefusesAFileThatIsTooSmall) {
  lesson(3, "a file of 0 bytes can't even be mapped; one of a few has no header to look at");
  const FreshName name;
  lab03::put(name, "");
  EXPECT_THAT(open_to_read(name), ThrowsErrno(EILSEQ));
  std::string start(sizeof lab::kMagic, '\0');
  std::memcpy(start.data(), &lab::kMagic, sizeof lab::kMagic);
  lab03::put(name, start);  // nothing behind its magic
  EXPECT_THAT(open_to_read(name), ThrowsErrno(EILSEQ));
}

TEST(OpenToRead, RefusesAFileThatIsHalfMade) {
  lesson(3, "a creator may have died when the file had its size and no contents: all zeroes is no log");
  const FreshName name;
  lab03::put(name, std::string(3 * lab::kPageSize, '\0'));
  EXPECT_THAT(open_to_read(name), ThrowsErrno(EILSEQ));
}

TEST(OpenToRead, RefusesAnotherVersion) {
  lesson(3, "a later version may mean something else by the same bytes; to guess is to misread");
  const FreshName name;
  ASSERT_THAT(create_any(name), ReturnsNormally());
  std::string bytes = lab03::bytes_of(name);
  for (const auto other : {lab::kVersion - 1, lab::kVersion + static_cast<std::uint32_t>(random_between(1, 1'000))}) {
    std::memcpy(bytes.data() + offsetof(lab::Header, version), &other, sizeof other);
    lab03::put(name, bytes);
    EXPECT_THAT(open_to_read(name), ThrowsErrno(ENOTSUP)) << "version " << other;
  }
}

TEST(OpenToRead, RefusesAFileThatIsNone) {
  lesson(3, "a directory can be opened for reading as well; it is no file and has no bytes to map");
  EXPECT_THAT(subject([&] { (void)lab::open_to_read("/dev/shm"); }), ThrowsErrno(EILSEQ));
  EXPECT_THAT(subject([&] { (void)lab::open_to_read("/dev/null"); }), ThrowsErrno(EILSEQ));
}

TEST(OpenToRead, DoesNotWaitAtAPipe) {
  lesson(3, "open(2) of a pipe with a name waits until somebody opens the other end, unless it is told O_NONBLOCK");
  const FreshName name;
  ASSERT_EQ(::mkfifo(lab03::path_of(name).c_str(), 0600), 0);
  EXPECT_THAT(open_to_read(name), ThrowsErrno(EILSEQ));
}

}  // namespace
