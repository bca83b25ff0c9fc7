#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <system_error>

#include "scenario_segment.hpp"
#include "testing/explored.hpp"
#include "testing/lesson.hpp"

namespace {

using explore::Scenario;
using judge::EndsWell;
using judge::explored;
using lab09::FreeKey;
using lab09::FreshPlace;

/// A segment with a filled payload, published.
lab::Segment filled(const FreshPlace& fresh) {
  auto segment = lab::create(fresh.place(), lab09::kWord, 0600);
  lab09::fill_word(segment);
  lab::publish(segment);
  return segment;
}

TEST(ReplaceRace, WhoFollowsFindsItWhole) {
  judge::lesson(5,
                "The successor's id announces the new segment, as the magic number announces a payload: it is stored "
                "last, with release, and loaded with acquire.");
  const FreshPlace fresh;
  EXPECT_THAT(explored(
                  [&](Scenario& s) {
                    s.keep<FreeKey>(fresh);
                    auto& ours = s.keep<lab::Segment>(filled(fresh));
                    auto& theirs = s.keep<lab::Segment>(lab09::attach_raw(ours.id));
                    s.thread("one who replaces", [&] { lab::replace(ours, 2 * lab09::kWord.bytes); });
                    s.thread("one who follows", [&] {
                      const bool has_moved = lab::follow(theirs);
                      explore::require(theirs.payload().size() == (has_moved ? 2 : 1) * lab09::kWord.bytes,
                                       "who has moved has the larger one");
                      explore::require(lab09::word_in(theirs) == lab09::kFilled, "what it holds is all there");
                    });
                    s.finally([&] {
                      lab::follow(theirs);
                      explore::require(theirs.id == ours.id, "in the end both have the same");
                    });
                  },
                  lab09::kEnough),
              EndsWell());
}

TEST(ReplaceRace, LetsOneOfTwoWin) {
  judge::lesson(5, "Two who replace one segment must end with one successor: who is too late still has what it had.");
  const FreshPlace fresh;
  EXPECT_THAT(explored(
                  [&](Scenario& s) {
                    s.keep<FreeKey>(fresh);
                    auto& winners = s.keep<int>(0);
                    auto& one = s.keep<lab::Segment>(filled(fresh));
                    auto& other = s.keep<lab::Segment>(lab09::attach_raw(one.id));
                    const auto replace = [&winners](lab::Segment& segment) {
                      try {
                        lab::replace(segment, 2 * lab09::kWord.bytes);
                        ++winners;
                      } catch (const std::system_error& error) {
                        explore::require(error.code().value() == EEXIST, "who is too late is told EEXIST");
                      }
                      explore::require(lab09::word_in(segment) == lab09::kFilled, "nobody loses the payload");
                    };
                    s.thread("one who replaces", [&, replace] { replace(one); });
                    s.thread("another", [&, replace] { replace(other); });
                    s.finally([&] {
                      explore::require(winners == 1, "one has replaced it");
                      lab::follow(one);
                      lab::follow(other);
                      explore::require(one.id == other.id && one.id == fresh.id(), "and both find it");
                    });
                  },
                  lab09::kEnough),
              EndsWell());
}

}  // namespace
