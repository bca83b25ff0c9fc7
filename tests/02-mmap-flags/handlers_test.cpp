// Step 8: a SIGBUS that is not the copy's own.
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "guarded.hpp"
#include "testing/findings.hpp"

namespace {

using judge::DiesOf;
using judge::lesson;
using judge::Returns;
using judge::subject;
using lab02::copied;
using lab02::CutFile;
using lab02::HoldingPage;
using lab02::kPage;
using lab02::ProgramsHandler;

/// While a copy (of 3 pages and one that is gone) stands in the middle, does something in another thread; the length of
/// what was copied then.
template <typename Deed>
std::size_t while_copying(const CutFile& cut, Deed deed) {
  HoldingPage page{cut.bytes().data() + kPage};
  std::size_t count = 0;
  std::thread reader{[&] {
    const auto end = page.reader();
    count = copied(cut.bytes()).size();
  }};
  page.await_reader();
  const bool is_reading = page.is_reading();
  deed(reader.native_handle());
  page.let_go();
  reader.join();
  return is_reading ? count : 3 * kPage;  // a copy by the kernel is not held, and ends at the page or goes past
}

const std::string kOneCall = "called once";

/// How often the program's handler was called, if the copy gave what it should.
std::string what_came(bool copy_is_right) {
  if (!copy_is_right) return "the copy gave another number of bytes";
  const int calls = ProgramsHandler::calls();
  return calls == 1 ? kOneCall : "called " + std::to_string(calls) + " times";
}

TEST(Handlers, AFaultElsewhereEndsTheProcessAsBefore) {
  lesson(8, "a handler that stays and knows no copy makes the same access again, for ever, or hides a real fault");
  if (judge::detail::under_valgrind()) GTEST_SKIP() << "a death that is meant is a finding to valgrind";
  const CutFile cut{3 * kPage, kPage};
  EXPECT_THAT(subject([&] {
                ::signal(SIGBUS, SIG_DFL);
                (void)copied(cut.bytes());
                cut.touch(2 * kPage);
              }),
              DiesOf(SIGBUS));
}

TEST(Handlers, TheProgramsOwnIsStillCalled) {
  lesson(8, "a process has one handler for each signal: who installs one takes over somebody else's duty");
  const CutFile cut{3 * kPage, kPage};
  EXPECT_THAT(subject([&] {
                ProgramsHandler::install_plain();
                const auto count = copied(cut.bytes()).size();
                cut.touch(2 * kPage);
                return what_came(count == kPage);
              }),
              Returns(kOneCall));
}

TEST(Handlers, OneThatAsksForTheAddressIsToldIt) {
  lesson(8, "a handler with SA_SIGINFO takes three arguments, and acts on what the second one says");
  const CutFile cut{3 * kPage, kPage};
  EXPECT_THAT(subject([&] {
                ProgramsHandler::install();
                (void)copied(cut.bytes());
                cut.touch(kPage + 7);
                return ProgramsHandler::place() == cut.bytes().data() + kPage + 7;
              }),
              Returns(true));
}

TEST(Handlers, OneThatIsInstalledBetweenTwoCopiesCounts) {
  lesson(8, "\"once\" is not enough: the program may install its handler later, over yours; then you have none");
  const CutFile cut{3 * kPage, kPage};
  EXPECT_THAT(subject([&] {
                (void)copied(cut.bytes());
                ProgramsHandler::install();
                const std::size_t count = copied(cut.bytes()).size();
                if (ProgramsHandler::calls() != 0) return std::string{"called for the copy's own fault"};
                cut.touch(2 * kPage);
                return what_came(count == kPage);
              }),
              Returns(kOneCall));
}

TEST(Handlers, AnotherThreadsFaultIsTheProgramsWhileACopyRuns) {
  lesson(8, "the handler is the process's, the copy is one thread's: ask whose fault it is, and pass others on");
  const CutFile cut{4 * kPage, 3 * kPage};
  const CutFile other{3 * kPage, kPage};
  EXPECT_THAT(subject([&] {
                ProgramsHandler::install();
                const std::size_t count = while_copying(cut, [&](pthread_t) { other.touch(2 * kPage + 9); });
                if (ProgramsHandler::place() != other.bytes().data() + 2 * kPage + 9) {
                  return std::string{"called without the fault's address, or not at all"};
                }
                if (!ProgramsHandler::had_context())
                  return std::string{"called without its third argument, the context"};
                return what_came(count == 3 * kPage);
              }),
              Returns(kOneCall));
}

TEST(Handlers, ACopyThatHasEndedGuardsNothing) {
  lesson(8,
         "who forgets to say that his copy is over jumps, at a later fault there, into a function that has returned");
  const CutFile cut{4 * kPage, 3 * kPage};
  const CutFile copied_before{3 * kPage, kPage};
  EXPECT_THAT(subject([&] {
                ProgramsHandler::install();
                (void)copied(copied_before.bytes());
                const std::size_t count = while_copying(cut, [&](pthread_t) { copied_before.touch(2 * kPage); });
                return what_came(count == 3 * kPage);
              }),
              Returns(kOneCall));
}

TEST(Handlers, WithoutOneAnotherThreadsFaultEndsTheProcess) {
  lesson(8, "SIG_DFL is no function to call: put it back and let the access be made again");
  const CutFile cut{4 * kPage, 3 * kPage};
  const CutFile other{3 * kPage, kPage};
  for (const sighandler_t none : {SIG_DFL, SIG_IGN}) {
    EXPECT_THAT(subject([&] {
                  ::signal(SIGBUS, none);
                  (void)while_copying(cut, [&](pthread_t) { other.touch(2 * kPage); });
                }),
                DiesOf(SIGBUS))
        << (none == SIG_DFL ? "with SIG_DFL" : "with SIG_IGN: a fault cannot be ignored");
  }
}

TEST(Handlers, ASignalThatWasSentDoesNotEndTheCopy) {
  lesson(8, "SIGBUS may come from kill(2): then no page is gone, and si_addr means nothing");
  if (judge::detail::under_valgrind()) GTEST_SKIP() << "valgrind does not give the handler the thread's exact place";
  const CutFile cut{4 * kPage, 3 * kPage};
  EXPECT_THAT(subject([&] {
                ProgramsHandler::install();
                return while_copying(cut, [](pthread_t reader) { ::pthread_kill(reader, SIGBUS); });
              }),
              Returns(3 * kPage));
}

TEST(Handlers, ASignalThatWasSentIsIgnoredOrDeadlyAsBefore) {
  lesson(8,
         "a SIGBUS that was sent comes once: who puts SIG_DFL back must raise it anew; and SIG_IGN means what it says");
  if (judge::detail::under_valgrind()) GTEST_SKIP() << "valgrind does not give the handler the thread's exact place";
  const CutFile whole{3 * kPage, 3 * kPage};
  const auto send = [&](sighandler_t disposition) {
    return subject([&whole, disposition] {
      ::signal(SIGBUS, disposition);
      return while_copying(whole, [](pthread_t) { ::kill(::getpid(), SIGBUS); });
    });
  };
  EXPECT_THAT(send(SIG_IGN), Returns(3 * kPage)) << "bytes copied, with SIG_IGN";
  EXPECT_THAT(send(SIG_DFL), DiesOf(SIGBUS)) << "with SIG_DFL";
}

}  // namespace
