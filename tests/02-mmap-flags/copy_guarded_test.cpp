// Step 8: what a guarded copy gives.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <thread>

#include "guarded.hpp"

namespace {

using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::subject;
using judge::ThrowsErrno;
using lab02::copied;
using lab02::CutFile;
using lab02::File;
using lab02::HoldingPage;
using lab02::kPage;

TEST(CopyGuarded, CopiesWhatIsThere) {
  lesson(8, "a guard is worth nothing if the copy is not right when nothing happens");
  const File file{random_between(10 * kPage, 12 * kPage)};
  const std::size_t first = random_between(1, 2 * kPage);
  const std::size_t size = random_between(1, 7 * kPage);
  EXPECT_THAT(subject([&] { return copied(file.map().bytes().subspan(first, size)); }),
              Returns(file.text().substr(first, size)));
}

TEST(CopyGuarded, StopsBeforeTheFirstPageThatIsGone) {
  lesson(8, "memcpy may begin at either end: the place of the fault says nothing about what has been copied");
  const CutFile cut{8 * kPage, 5 * kPage};
  const std::size_t first = random_between(1, 2 * kPage);
  EXPECT_THAT(subject([&] { return copied(cut.bytes().subspan(first)); }),
              Returns(cut.file().text().substr(first, 5 * kPage - first)));
}

TEST(CopyGuarded, ReadsTheTailOfTheLastPage) {
  lesson(8, "SIGBUS comes page by page: behind the end of a file, the rest of its last page is there and reads zero");
  const std::size_t left = random_between(kPage + 1, 2 * kPage - 1);
  const CutFile cut{8 * kPage, left};
  EXPECT_THAT(subject([&] { return copied(cut.bytes()); }),
              Returns(cut.file().text().substr(0, left) + std::string(2 * kPage - left, '\0')));
}

TEST(CopyGuarded, OfNothingThereIsNothing) {
  lesson(8, "a file that is empty now is an answer, 0 bytes, and no reason to die");
  const CutFile cut{3 * kPage, 0};
  EXPECT_THAT(subject([&] { return copied(cut.bytes()); }), Returns(""));
}

TEST(CopyGuarded, SurvivesAgainAndAgain) {
  lesson(8, "SIGBUS is blocked in its handler: who jumps out without the old mask dies of the second one");
  const CutFile cut{3 * kPage, 2 * kPage};
  EXPECT_THAT(subject([&] {
                for (int i = 0; i < 3; ++i) {
                  if (copied(cut.bytes()).size() != 2 * kPage) return std::string{"another number of bytes was copied"};
                  sigset_t blocked;
                  ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
                  if (sigismember(&blocked, SIGBUS) == 1) return std::string{"SIGBUS is still blocked after a copy"};
                }
                return std::string{"three copies"};
              }),
              Returns(std::string{"three copies"}));
}

TEST(CopyGuarded, TheFileMayBeCutInTheMiddleOfTheCopy) {
  lesson(8, "between your look at the file's size and your read, another may cut it: only the read itself can tell");
  const File file{4 * kPage};
  EXPECT_THAT(subject([&] {
                const auto mapping = file.map();
                HoldingPage page{mapping.data() + kPage};
                std::size_t count = 0;
                std::thread reader{[&] {
                  const auto end = page.reader();
                  count = copied(mapping.bytes()).size();
                }};
                page.await_reader();
                const bool is_reading = page.is_reading();
                file.cut(2 * kPage);
                page.let_go();
                reader.join();
                return is_reading ? count : 2 * kPage;  // a copy by the kernel is over already
              }),
              Returns(2 * kPage));
}

TEST(CopyGuarded, RefusesATargetThatIsTooSmall) {
  lesson(8, "what does not fit would be written behind the target, over somebody else's memory");
  const File file{2 * kPage};
  EXPECT_THAT(subject([&] {
                std::string to(100, '?');
                (void)lab::copy_guarded(std::as_writable_bytes(std::span{to}), file.map().bytes().first(101));
              }),
              ThrowsErrno(EINVAL));
}

}  // namespace
