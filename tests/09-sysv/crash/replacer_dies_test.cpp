// A process dies at each of its crash points while it replaces a segment by a larger one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dying.hpp"
#include "testing/crash.hpp"
#include "testing/lesson.hpp"

namespace {

using judge::crash_sweep;
using judge::IsSurvived;
using lab09::FreshPlace;

TEST(ReplacerDies, NobodyFindsHalfOfIt) {
  judge::lesson(
      5,
      "A replacer that dies leaves the old one, nothing, a half-made one or the new one: each of them must be "
      "seen for what it is, and none may stay for ever.");
  const FreshPlace fresh;
  EXPECT_THAT(crash_sweep({.prepare =
                               [&] {
                                 fresh.clear();
                                 auto segment = lab::create(fresh.place(), lab09::kWords, 0600);
                                 lab09::fill_words(segment);
                                 lab::publish(segment);
                               },
                           .victim =
                               [&] {
                                 auto segment = lab09::attach_raw(fresh.id());
                                 lab::replace(segment, 2 * lab09::kWords.bytes);
                               },
                           .survivor =
                               [&] {
                                 const int id = fresh.id();
                                 if (id == -1) return;  // it died in the gap
                                 const auto seen = lab09::attach_raw(id);
                                 if (lab::is_ready(seen)) lab09::require_filled(seen);
                                 static_cast<void>(lab::remove(fresh.place()));
                                 explore::require(!fresh.is_taken(), "what is left can be removed");
                               },
                           .leaves_nothing = true,
                           .victim_name = "one who replaces",
                           .survivor_name = "one who cleans up"}),
              IsSurvived());
}

}  // namespace
