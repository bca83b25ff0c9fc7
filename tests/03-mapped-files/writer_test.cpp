#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "support.hpp"
#include "testing/rendezvous.hpp"

namespace {

using judge::DiesOf;
using judge::FreshName;
using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::ReturnsNormally;
using judge::start;
using judge::subject;
using judge::ThrowsErrno;
using lab03::joined;
using lab03::Records;

auto open_to_write(const FreshName& name) {
  return subject([&] { (void)lab::open_to_write(lab03::path_of(name)); });
}

TEST(OpenToWrite, GoesOnBehindTheLastRecord) {
  lesson(6, "a log that is opened anew keeps what it has: its next record lies behind the last one");
  const FreshName name;
  const Records first = lab03::random_records(random_between(1, 9), 500);
  ASSERT_THAT(subject([&] { lab03::make_log(name, 20'000, first); }), ReturnsNormally());
  EXPECT_THAT(subject([&] {
                lab::Log log = lab::open_to_write(lab03::path_of(name));
                lab03::write_batch(log, {"next"});
              }),
              ReturnsNormally());
  EXPECT_THAT(subject([&] { return lab03::contents(name); }), Returns(joined(first) + "|next"));
}

// Records of the same size: the remains of the second begin where a log without an end would look for more.
TEST(OpenToWrite, ForgetsWhatWasNotCommitted) {
  lesson(6, "behind the last committed record lie the remains of what somebody began; they must never come back");
  const FreshName name;
  const std::size_t size = random_between(1, 300);
  const Records texts{judge::random_text(size), judge::random_text(size), judge::random_text(size)};
  EXPECT_THAT(subject([&] {
                lab::Log log = lab::create(lab03::path_of(name), 20'000);
                lab03::write_batch(log, {texts[0]});
                for (int i = 0; i < 5; ++i) lab::append(log, texts[1]);
                ::kill(::getpid(), SIGKILL);
              }),
              DiesOf(SIGKILL));
  EXPECT_THAT(subject([&] {
                lab::Log log = lab::open_to_write(lab03::path_of(name));
                lab03::write_batch(log, {texts[2]});
              }),
              ReturnsNormally());
  EXPECT_THAT(subject([&] { return lab03::contents(name); }), Returns(joined({texts[0], texts[2]})));
}

TEST(OpenToWrite, RefusesWhatIsNoLogAndDoesNotChangeIt) {
  lesson(6, "who opens to write could destroy what he does not understand: look first, and keep your hands off");
  const FreshName name;
  const std::string text = judge::random_text(random_between(0, 9'000));
  lab03::put(name, text);
  EXPECT_THAT(open_to_write(name), ThrowsErrno(EILSEQ));
  EXPECT_EQ(lab03::bytes_of(name) == text, true) << "the foreign file was changed";
}

// ---- One writer ---------------------------------------------------------------------------------------------------

TEST(OneWriter, RefusesASecondProcess) {
  lesson(6, "two who append to one log write over each other");
  const FreshName name;
  judge::Rendezvous turns;
  auto writer = start([&] {
    (void)lab::create(lab03::path_of(name), 20'000);
    lab::Log log = lab::open_to_write(lab03::path_of(name));
    turns.arrive();
    turns.await(2);
    lab03::write_batch(log, {"mine"});
  });
  EXPECT_TRUE(turns.try_await(1)) << "nobody opened the log to write";
  EXPECT_THAT(open_to_write(name), ThrowsErrno(EBUSY));
  turns.arrive();
  EXPECT_THAT(writer.outcome(), ReturnsNormally());
}

TEST(OneWriter, RefusesASecondLogOfTheSameProcess) {
  lesson(6, "create() takes the lock as well; and one of fcntl(F_SETLK) is the process's, which may always lock again");
  const FreshName name;
  EXPECT_THAT(subject([&] {
                const lab::Log log = lab::create(lab03::path_of(name), 20'000);
                (void)lab::open_to_write(lab03::path_of(name));
              }),
              ThrowsErrno(EBUSY));
}

TEST(OneWriter, StaysWhenItsProcessHasReadALittle) {
  lesson(6,
         "a lock of fcntl(F_SETLK) goes when its process closes any descriptor of the file, not only the locked one");
  const FreshName name;
  judge::Rendezvous turns;
  auto writer = start([&] {
    const lab::Log log = lab::create(lab03::path_of(name), 20'000);
    (void)lab::open_to_read(lab03::path_of(name));
    turns.arrive();
    turns.await(2);
  });
  EXPECT_TRUE(turns.try_await(1)) << "nobody has made the log";
  EXPECT_THAT(open_to_write(name), ThrowsErrno(EBUSY));
  turns.arrive();
  EXPECT_THAT(writer.outcome(), ReturnsNormally());
}

TEST(OneWriter, IsFollowedWhenItIsGone) {
  lesson(6, "a lock that is a file or a flag stays when its owner is killed; the kernel's goes with the process");
  const FreshName name;
  EXPECT_THAT(subject([&] {
                const lab::Log log = lab::create(lab03::path_of(name), 20'000);
                ::kill(::getpid(), SIGKILL);
              }),
              DiesOf(SIGKILL));
  EXPECT_THAT(open_to_write(name), ReturnsNormally());
  EXPECT_THAT(open_to_write(name), ReturnsNormally()) << "after one that closed the log";
}

TEST(OneWriter, DoesNotKeepReadersOut) {
  lesson(6, "a reader changes nothing, so it needs no lock; the order of a store and a load is all it takes");
  const FreshName name;
  EXPECT_THAT(subject([&] {
                lab03::make_log(name, 20'000, {"one"});
                const lab::Log log = lab::open_to_write(lab03::path_of(name));
                return lab03::contents(name) + lab03::contents(name);
              }),
              Returns(joined({"one", "one"})));
}

}  // namespace
