#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "explore/scenario.hpp"
#include "free_name.hpp"
#include "shm_object.hpp"
#include "testing/deadlines.hpp"
#include "testing/explored.hpp"
#include "testing/fresh_name.hpp"
#include "testing/lesson.hpp"

namespace {

using explore::Scenario;
using judge::EndsWell;
using judge::explored;
using lab01::FreeName;
using lab01::kEnough;

struct Notes {
  int begun = 0;        // initialisers
  int initialised = 0;  // to their end
};

// What somebody finds who creates or attaches. An initialiser that `fails` gives up, and its creator with it.
void come(const judge::FreshName& name, Notes& notes, bool fails = false) {
  try {
    const lab::Region region = lab::create_or_attach(
        name.str(), sizeof(std::uint64_t), 0600,
        [&](lab::Region& fresh) {
          ++notes.begun;
          if (fails) throw std::runtime_error{"no data"};
          const std::uint64_t word = 7;
          std::memcpy(fresh.payload().data(), &word, sizeof word);
          ++notes.initialised;
        },
        judge::beyond_all_waits());
    std::uint64_t word = 0;
    std::memcpy(&word, region.payload().data(), sizeof word);
    explore::require(word == 7, "nobody gets in before it is initialised");
  } catch (const std::runtime_error& error) {
    const bool is_its_own = dynamic_cast<const std::system_error*>(&error) == nullptr;
    explore::require(fails && is_its_own, "it creates or attaches, whatever the others do");
  }
}

TEST(CreateRace, HasOneWinnerInEveryOrder) {
  judge::lesson(7, "Between your look and your deed another may do anything: only O_EXCL looks and acts in one.");
  const judge::FreshName name;
  EXPECT_THAT(explored(
                  [&](Scenario& s) {
                    s.keep<FreeName>(name);
                    auto& notes = s.keep<Notes>();
                    s.thread("the one", [&] { come(name, notes); });
                    s.thread("the other", [&] { come(name, notes); });
                    s.finally([&] { explore::require(notes.begun == 1, "it is initialised once"); });
                  },
                  kEnough),
              EndsWell());
}

TEST(CreateRace, GoesOnWhenTheWinnerGivesUp) {
  judge::lesson(
      7,
      "An object whose creator gave up has lost its name: who waited for it begins anew, and may be the creator then.");
  const judge::FreshName name;
  EXPECT_THAT(explored(
                  [&](Scenario& s) {
                    s.keep<FreeName>(name);
                    auto& notes = s.keep<Notes>();
                    s.thread("one who gives up", [&] { come(name, notes, true); });
                    s.thread("another", [&] { come(name, notes); });
                    s.finally([&] { explore::require(notes.initialised == 1, "in the end, one has initialised it"); });
                  },
                  kEnough),
              EndsWell());
}

TEST(CreateRace, DoesNotMindARemoval) {
  judge::lesson(7,
                "A name may go between the attempt to create and the attempt to attach: that is no error, only a "
                "reason to try again.");
  const judge::FreshName name;
  EXPECT_THAT(explored(
                  [&](Scenario& s) {
                    s.keep<FreeName>(name);
                    auto& notes = s.keep<Notes>();
                    static_cast<void>(lab::create_or_attach(
                        name.str(), sizeof(std::uint64_t), 0600,
                        [](lab::Region& fresh) { fresh.payload()[0] = std::byte{7}; }, judge::beyond_all_waits()));
                    s.thread("one who comes", [&] { come(name, notes); });
                    s.thread("one who removes", [&] { static_cast<void>(lab::remove(name.str())); });
                  },
                  kEnough),
              EndsWell());
}

TEST(CreateRace, KeepsWhatItHasMade) {
  judge::lesson(7,
                "What one has created one holds already: to look it up by its name again is to ask for whatever bears "
                "the name by then.");
  const judge::FreshName name;
  EXPECT_THAT(explored(
                  [&](Scenario& s) {
                    s.keep<FreeName>(name);
                    auto& notes = s.keep<Notes>();
                    s.thread("one who creates", [&] { come(name, notes); });
                    s.thread("one who removes", [&] { static_cast<void>(lab::remove(name.str())); });
                    s.finally([&] { explore::require(notes.begun == 1, "it is initialised once"); });
                  },
                  kEnough),
              EndsWell());
}

}  // namespace
