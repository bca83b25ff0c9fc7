// A process dies at each of its crash points, in a write, a read, a wait; another one goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crashes.hpp"
#include "testing/deadlines.hpp"
#include "testing/lesson.hpp"

namespace config_crash {
namespace {

using explore::require;
using judge::crash_sweep;
using judge::IsSurvived;

/// All goes on as if nobody had died: what is newest can be read, and the next version written, as often as one likes.
void goes_on(const lab::SeqConfig& config, std::uint64_t newest) {
  for (std::uint64_t number = newest + 1; number <= newest + 3; ++number) {
    require(lab06::write(config, number) == number, "the next version is the next one");
    require(lab06::read(config) == number, "what was written is read, whole");
  }
}

TEST(SeqWriterDies, InTheMiddleOfAWrite) {
  judge::lesson(
      6,
      "A version is there as a whole or not at all: never touch the newest one, and let one last store decide "
      "which that is. And EOWNERDEAD asks for pthread_mutex_consistent: else the mutex is ENOTRECOVERABLE.");
  Swept<lab::SeqConfig> swept;
  EXPECT_THAT(crash_sweep({.prepare = [&] { swept.make_anew(); },
                           .victim =
                               [&] {
                                 const auto peer = swept.attach();
                                 for (std::uint64_t number = 2; number <= 3; ++number) {
                                   swept.done(lab06::write(peer.config, number));
                                 }
                               },
                           .survivor =
                               [&] {
                                 const auto peer = swept.attach();
                                 const auto seen = lab06::read(peer.config);
                                 require(seen != lab06::kTorn, "what is read is one version, whole");
                                 require(seen >= swept.so_far(), "no version that was written is lost");
                                 require(seen <= swept.so_far() + 1, "nothing is read that nobody wrote");
                                 goes_on(peer.config, seen);
                               },
                           .victim_name = "the writer",
                           .survivor_name = "the next one"}),
              IsSurvived());
}

TEST(SeqWriterDies, AndTheNextOneToo) {
  judge::lesson(6, "Who takes over may die as well: whatever you do about a dead writer can be done once more.");
  Swept<lab::SeqConfig> swept;
  EXPECT_THAT(crash_sweep({.prepare = [&] { swept.make_anew(); },
                           .victim =
                               [&] {
                                 const auto peer = swept.attach();
                                 swept.done(lab06::write(peer.config, 2));
                               },
                           .survivor =
                               [&] {
                                 const auto peer = swept.attach();
                                 const auto seen = lab06::read(peer.config);
                                 require(seen != lab06::kTorn, "what is read is one version, whole");
                                 require(seen >= swept.so_far(), "no version that was written is lost");
                                 const auto written = lab06::write(peer.config, seen + 1);
                                 require(written == seen + 1, "the next version is the next one");
                                 swept.done(written);
                                 require(lab06::read(peer.config) == written, "what was written is read, whole");
                               },
                           .survivor_dies_too = true,
                           .victim_name = "the writer",
                           .survivor_name = "the next one"}),
              IsSurvived());
}

TEST(SeqReaderDies, AndNobodyNotices) {
  judge::lesson(7, "Who reads and who waits writes nothing, so that nothing is left of it wherever it dies.");
  Swept<lab::SeqConfig> swept;
  EXPECT_THAT(crash_sweep({.prepare = [&] { swept.make_anew(); },
                           .victim =
                               [&] {
                                 const auto peer = swept.attach();
                                 static_cast<void>(lab06::read(peer.config));
                                 static_cast<void>(peer.config.wait_newer(1, in_a_moment()));
                               },
                           .survivor = [&] { goes_on(swept.attach().config, 1); },
                           .victim_name = "the reader",
                           .survivor_name = "the writer"}),
              IsSurvived());
}

TEST(RwWriterDies, AndNobodyReadsWhatItLeft) {
  judge::lesson(
      3,
      "Who dies with the lock leaves half a version, and the lock that nobody gets any more at least hides it: "
      "readers give up at their deadlines, too.");
  Swept<lab::RwConfig> swept;
  EXPECT_THAT(crash_sweep({.prepare = [&] { swept.make_anew(); },
                           .victim =
                               [&] {
                                 const auto peer = swept.attach();
                                 swept.done(lab06::write(peer.config, 2, judge::far_away()));
                               },
                           .survivor =
                               [&] {
                                 const auto peer = swept.attach();
                                 const auto seen = lab06::read(peer.config, in_a_moment());
                                 require(seen != lab06::kTorn, "what is read is one version, whole");
                                 require(seen >= swept.so_far(), "no version that was written is lost");
                               },
                           .victim_name = "the writer",
                           .survivor_name = "a reader"}),
              IsSurvived());
}

}  // namespace
}  // namespace config_crash
