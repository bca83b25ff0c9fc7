// A process dies at each of its crash points while it makes a segment, or marks it for removal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <system_error>

#include "dying.hpp"
#include "testing/crash.hpp"
#include "testing/deadlines.hpp"
#include "testing/lesson.hpp"
#include "testing/shared.hpp"

namespace {

using judge::crash_sweep;
using judge::IsSurvived;
using lab09::FreshPlace;

TEST(CreatorDies, NothingThatIsHalfMadeLooksReady) {
  judge::lesson(3, "A creator may die after any of its calls. What it leaves is half-made, never half-ready.");
  const FreshPlace fresh;
  EXPECT_THAT(crash_sweep({.prepare = [&] { fresh.clear(); },
                           .victim =
                               [&] {
                                 auto segment = lab::create(fresh.place(), lab09::kWords, 0600);
                                 lab09::fill_words(segment);
                                 lab::publish(segment);
                               },
                           .survivor =
                               [&] {
                                 try {
                                   lab09::require_filled(lab::attach(fresh.place(), lab09::kWords,
                                                                     lab::Access::kReadOnly, judge::past()));
                                 } catch (const std::system_error& error) {
                                   const int code = error.code().value();
                                   explore::require(code == ENOENT || code == ETIMEDOUT,
                                                    "a segment that is not ready is absent, or times out");
                                 }
                               },
                           .victim_name = "the creator",
                           .survivor_name = "one who attaches"}),
              IsSurvived());
}

TEST(CreatorDies, AndASurvivorLeavesNothing) {
  judge::lesson(
      6,
      "Nobody cleans up after a dead process: the next one to come finds its half-made segment, takes it over, "
      "and may die of the same.");
  const FreshPlace fresh;
  EXPECT_THAT(crash_sweep({.prepare = [&] { fresh.clear(); },
                           .victim = [&] { static_cast<void>(lab09::come_by(fresh)); },
                           .survivor = [&] { lab09::come_and_go(fresh); },
                           .survivor_dies_too = true,
                           .leaves_nothing = true,
                           .victim_name = "the creator",
                           .survivor_name = "one who comes and goes"}),
              IsSurvived());
}

TEST(CreatorDies, WhatIsMarkedGoesByItself) {
  judge::lesson(4, "From the mark on nobody has to survive: the segment goes with its last user, killed or not.");
  const FreshPlace fresh;
  const judge::Shared<bool> is_marked;
  EXPECT_THAT(crash_sweep({.prepare =
                               [&] {
                                 fresh.clear();
                                 *is_marked = false;
                               },
                           .victim =
                               [&] {
                                 auto segment = lab::create(fresh.place(), lab09::kWords, 0600);
                                 lab::publish(segment);
                                 lab::remove_once_shared(segment, 1, judge::past());
                                 *is_marked = true;
                                 lab09::fill_words(segment);
                               },
                           .survivor =
                               [&] {
                                 if (*is_marked) explore::require(!fresh.is_taken(), "what is marked has no key");
                                 static_cast<void>(lab::remove(fresh.place()));
                               },
                           .leaves_nothing = true,
                           .victim_name = "the creator",
                           .survivor_name = "one who removes what is left"}),
              IsSurvived());
}

TEST(RemoverDies, TheNextOneRemoves) {
  judge::lesson(4, "Removal is one call: it has happened or not, and who comes next finds either.");
  const FreshPlace fresh;
  EXPECT_THAT(crash_sweep({.prepare =
                               [&] {
                                 fresh.clear();
                                 lab09::make_segment(fresh.place(), {.text = "there"});
                               },
                           .victim = [&] { static_cast<void>(lab::remove(fresh.place())); },
                           .survivor =
                               [&] {
                                 const bool was_there = fresh.is_taken();
                                 explore::require(lab::remove(fresh.place()) == was_there, "it says what there was");
                                 explore::require(!fresh.is_taken(), "removed, it has no key");
                               },
                           .survivor_dies_too = true,
                           .leaves_nothing = true,
                           .victim_name = "one who removes",
                           .survivor_name = "the next one"}),
              IsSurvived());
}

}  // namespace
