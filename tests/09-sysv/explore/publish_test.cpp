#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenario_segment.hpp"
#include "testing/deadlines.hpp"
#include "testing/explored.hpp"
#include "testing/lesson.hpp"

namespace {

using explore::Scenario;
using judge::EndsWell;
using judge::explored;
using lab09::FreeKey;
using lab09::FreshPlace;

TEST(EveryOrder, ReadyMeansFilled) {
  judge::lesson(
      3,
      "A flag that is stored without release may be seen before what it announces; one that is loaded without "
      "acquire, too.");
  EXPECT_THAT(explored([](Scenario& s) {
                auto& segment = s.keep<lab09::ScenarioSegment>(lab09::kWord.bytes);
                s.thread("the creator", [&] {
                  lab09::fill_word(*segment);
                  lab::publish(*segment);
                });
                s.thread("somebody who attaches", [&] {
                  while (!lab::is_ready(*segment)) {
                  }
                  explore::require(lab09::word_in(*segment) == lab09::kFilled, "what is ready has been filled");
                });
              }),
              EndsWell());
}

TEST(EveryOrder, WhoIsCountedGetsIt) {
  judge::lesson(4,
                "A creator that publishes, sees that all are there and marks does so between two looks of those who "
                "wait: first ask why it might be over, then whether it is ready.");
  const FreshPlace fresh;
  EXPECT_THAT(explored(
                  [&](Scenario& s) {
                    s.keep<FreeKey>(fresh);
                    auto& made = s.keep<lab::Segment>(lab::create(fresh.place(), lab09::kWord, 0600));
                    auto& theirs = s.keep<lab::Segment>();  // stays attached until the end
                    s.thread("the creator", [&] {
                      lab09::fill_word(made);
                      lab::publish(made);
                      lab::remove_once_shared(made, 2, judge::beyond_all_waits());
                    });
                    s.thread("the other", [&] {
                      theirs =
                          lab::attach(fresh.place(), lab09::kWord, lab::Access::kReadWrite, judge::beyond_all_waits());
                      explore::require(lab09::word_in(theirs) == lab09::kFilled, "who is waited for finds it filled");
                    });
                  },
                  lab09::kEnough),
              EndsWell());
}

}  // namespace
