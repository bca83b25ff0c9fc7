// Settings behind a read-write lock, in every order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "explored_config.hpp"
#include "testing/lesson.hpp"

namespace config_explore {
namespace {

using explore::require;
using explore::Scenario;
using judge::EndsWell;
using judge::explored;
using lab::RwConfig;

TEST(RwEveryOrder, ShowsWholeVersions) {
  judge::lesson(
      2, "Words and version are read under one lock, and written under one lock: between two locks anything may come.");
  EXPECT_THAT(explored(
                  [](Scenario& s) {
                    const auto& config = config_in<RwConfig>(s);
                    s.thread("the writer", [&] {
                      for (std::uint64_t number = 2; number <= 3; ++number) {
                        const auto seen = lab06::write(config, number, judge::in_half_an_hour());
                        if (seen == lab06::kTimedOut) return;
                        require(seen == number, "each write makes the next version");
                      }
                    });
                    s.thread("the reader", [&] {
                      const auto first = lab06::read(config, judge::in_half_an_hour());
                      const auto second = lab06::read(config, judge::in_half_an_hour());
                      require(first != lab06::kTorn && second != lab06::kTorn,
                              "all words that are read are of the version that is returned");
                      if (first == lab06::kTimedOut) return;
                      require(second >= first, "a version never goes back");
                    });
                  },
                  kSome),
              EndsWell());
}

TEST(RwEveryOrder, LetsInOneWriterAtATime) {
  judge::lesson(2, "To write takes the lock to write: under one to read, two of them change the settings at once.");
  EXPECT_THAT(explored(
                  [](Scenario& s) {
                    const auto& config = config_in<RwConfig>(s);
                    auto& sum = s.keep<std::uint64_t>(0);
                    for (const char* name : {"a writer", "another writer"}) {
                      s.thread(name, [&] {
                        const auto seen = lab06::or_timed_out(
                            [&] { return config.write(lab06::settings_of(7, kFew), judge::in_half_an_hour()); });
                        if (seen != lab06::kTimedOut) sum += seen;
                      });
                    }
                    s.finally([&] { require(sum == 2 + 3 || sum == 2, "each write makes a version of its own"); });
                  },
                  kSome),
              EndsWell());
}

}  // namespace
}  // namespace config_explore
