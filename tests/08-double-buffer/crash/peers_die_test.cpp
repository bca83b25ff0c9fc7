// A process dies at each of its crash points, in a write or a read; the others go on, and a successor takes its place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crashes.hpp"
#include "testing/lesson.hpp"

namespace buffer_crash {
namespace {

using explore::require;
using judge::crash_sweep;
using judge::IsSurvived;

/// The writer dies; then the reader reads, and a successor writes on.
judge::Crash writer_dies(SweptBuffer& swept) {
  return {.prepare = [&] { swept.make_anew(2); },
          .victim =
              [&] {
                auto peer = swept.attach();
                for (std::uint64_t number = 3; number <= 5; ++number) {
                  if (peer.side.write(number) == number) swept.done(number);
                }
              },
          .survivor =
              [&] {
                auto peer = swept.attach();
                const std::uint64_t newest = require_value(peer.side, swept.done() == 0 ? 2 : swept.done());
                require(newest <= 3 || newest <= swept.done() + 1, "nothing is there that nobody has written");
                require(peer.side.read() == newest, "a read after it gives the same");
                goes_on(peer.side, newest);
              },
          .victim_name = "the writer",
          .survivor_name = "the reader"};
}

TEST(WriterDies, InTheMiddleOfASeqlockWrite) {
  judge::lesson(
      5,
      "A writer that dies half-way leaves its mark standing. With one slot nobody reads any more; with two the "
      "value before is still whole, and the reader may say so.");
  SweptBuffer swept{Kind::kSeqlock};
  EXPECT_THAT(crash_sweep(writer_dies(swept)), IsSurvived());
}

TEST(WriterDies, InTheMiddleOfATripleBufferWrite) {
  judge::lesson(
      5, "What is not published belongs to the writer; let one change of one word publish it, and say whose is what.");
  SweptBuffer swept{Kind::kTriple};
  EXPECT_THAT(crash_sweep(writer_dies(swept)), IsSurvived());
}

TEST(WriterDies, AndItsSuccessorToo) {
  judge::lesson(5, "Who follows a dead writer may die as well, in the middle of the same value.");
  SweptBuffer swept{Kind::kSeqlock};
  EXPECT_THAT(crash_sweep({.prepare = [&] { swept.make_anew(2); },
                           .victim =
                               [&] {
                                 auto peer = swept.attach();
                                 static_cast<void>(peer.side.write(3));
                               },
                           .survivor =
                               [&] {
                                 auto peer = swept.attach();
                                 const std::uint64_t newest = require_value(peer.side, 2);
                                 require(peer.side.write(newest + 1) == newest + 1, "its value has the next number");
                                 require(require_value(peer.side, newest + 1) == newest + 1, "and is the newest");
                               },
                           .survivor_dies_too = true,
                           .victim_name = "the writer",
                           .survivor_name = "its successor"}),
              IsSurvived());
}

TEST(WriterDies, InTheMiddleOfTheLargestValue) {
  judge::lesson(
      5,
      "Where a slot of 64 KiB begins does not fit 16 bits: then all slots are one, and nobody sees it before a death.");
  SweptBuffer swept{Kind::kTriple, lab::kMostBytes};
  auto sweep = writer_dies(swept);
  sweep.most_deaths = 200;  // who copies word by word has many more places to die
  EXPECT_THAT(crash_sweep(sweep), judge::IsSurvivedSoFar());
}

TEST(ReaderDies, InTheMiddleOfATripleBufferRead) {
  judge::lesson(
      5,
      "A reader that dies keeps its slot, or has given it back: the writer must know which, and so must a successor.");
  SweptBuffer swept{Kind::kTriple};
  EXPECT_THAT(crash_sweep({.prepare = [&] { swept.make_anew(3); },
                           .victim =
                               [&] {
                                 auto peer = swept.attach();
                                 static_cast<void>(peer.side.read());
                                 static_cast<void>(peer.side.write(4));
                                 static_cast<void>(peer.side.read());
                               },
                           .survivor =
                               [&] {
                                 auto peer = swept.attach();
                                 const std::uint64_t newest = require_value(peer.side, 3);
                                 require(newest <= 4, "nothing is there that nobody has written");
                                 goes_on(peer.side, newest);
                               },
                           .victim_name = "the reader",
                           .survivor_name = "its successor"}),
              IsSurvived());
}

}  // namespace
}  // namespace buffer_crash
