#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <system_error>

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

struct Notes {
  int begun = 0;        // initialisers
  int initialised = 0;  // to their end
};

// What somebody finds who creates or attaches. An initialiser that `fails` gives up, and its creator with it.
void come(const FreshPlace& fresh, Notes& notes, bool fails = false) {
  try {
    const lab::Segment segment = lab::create_or_attach(
        fresh.place(), lab09::kWord, 0600,
        [&](lab::Segment& made) {
          ++notes.begun;
          if (fails) throw std::runtime_error{"no data"};
          lab09::fill_word(made);
          ++notes.initialised;
        },
        judge::beyond_all_waits());
    explore::require(lab09::word_in(segment) == lab09::kFilled, "nobody gets in before it is initialised");
  } catch (const std::runtime_error& error) {
    const bool is_its_own = dynamic_cast<const std::system_error*>(&error) == nullptr;
    explore::require(fails && is_its_own, "it creates or attaches, whatever the others do");
  }
}

TEST(CreateRace, HasOneWinnerInEveryOrder) {
  judge::lesson(6, "Between your look and your deed another may do anything: only IPC_EXCL looks and acts in one.");
  const FreshPlace fresh;
  EXPECT_THAT(explored(
                  [&](Scenario& s) {
                    s.keep<FreeKey>(fresh);
                    auto& notes = s.keep<Notes>();
                    s.thread("the one", [&] { come(fresh, notes); });
                    s.thread("the other", [&] { come(fresh, notes); });
                    s.finally([&] { explore::require(notes.begun == 1, "it is initialised once"); });
                  },
                  lab09::kEnough),
              EndsWell());
}

TEST(CreateRace, GoesOnWhenTheWinnerGivesUp) {
  judge::lesson(6, "Who waited for a creator that gave up begins anew, and may be the creator then.");
  const FreshPlace fresh;
  EXPECT_THAT(explored(
                  [&](Scenario& s) {
                    s.keep<FreeKey>(fresh);
                    auto& notes = s.keep<Notes>();
                    s.thread("one who gives up", [&] { come(fresh, notes, true); });
                    s.thread("another", [&] { come(fresh, notes); });
                    s.finally([&] { explore::require(notes.initialised == 1, "in the end, one has initialised it"); });
                  },
                  lab09::kEnough),
              EndsWell());
}

TEST(CreateRace, DoesNotMindARemoval) {
  judge::lesson(6,
                "What one has created one holds already; what has gone between two calls is no error, only a reason to "
                "begin anew.");
  const FreshPlace fresh;
  EXPECT_THAT(explored(
                  [&](Scenario& s) {
                    s.keep<FreeKey>(fresh);
                    auto& notes = s.keep<Notes>();
                    s.thread("one who comes", [&] { come(fresh, notes); });
                    s.thread("one who removes", [&] { static_cast<void>(lab::remove(fresh.place())); });
                    s.finally([&] { explore::require(notes.begun == 1, "it is initialised once"); });
                  },
                  lab09::kEnough),
              EndsWell());
}

}  // namespace
