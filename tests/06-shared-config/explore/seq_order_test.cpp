// Settings without a lock for readers, in every order, with every value that a load may see.
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
using lab::SeqConfig;

TEST(SeqEveryOrder, ShowsWholeVersions) {
  judge::lesson(
      5,
      "A copy counts only when nobody has begun to overwrite it before its last word was read: the fences make "
      "that visible, on both sides.");
  EXPECT_THAT(explored(
                  [](Scenario& s) {
                    const auto& config = config_in<SeqConfig>(s);
                    s.thread("the writer", [&] {
                      for (std::uint64_t number = 2; number <= 3; ++number) {
                        require(lab06::write(config, number) == number, "each write makes the next version");
                      }
                    });
                    s.thread("the reader", [&] {
                      const auto seen = lab06::read(config);
                      require(seen != lab06::kTorn, "all words that are read are of the version that is returned");
                      require(seen >= 1 && seen <= 3, "what is read has been written");
                    });
                  },
                  kSome),
              EndsWell());
}

TEST(SeqEveryOrder, NeverGoesBack) {
  judge::lesson(5, "Who has seen a version sees that one or a newer one from then on.");
  EXPECT_THAT(explored(
                  [](Scenario& s) {
                    const auto& config = config_in<SeqConfig>(s);
                    s.thread("the writer", [&] {
                      for (std::uint64_t number = 2; number <= 3; ++number)
                        static_cast<void>(lab06::write(config, number));
                    });
                    s.thread("the reader", [&] {
                      const auto first = lab06::read(config);
                      const auto second = lab06::read(config);
                      require(first != lab06::kTorn && second != lab06::kTorn,
                              "all words that are read are of the version that is returned");
                      require(second >= first, "a version never goes back");
                    });
                    s.finally([&] { require(lab06::read(config) == 3, "the last version is the newest"); });
                  },
                  kSome),
              EndsWell());
}

TEST(SeqEveryOrder, LetsInOneWriterAtATime) {
  judge::lesson(5, "Two that count at once make the same version twice, and two that write at once make a mixture.");
  EXPECT_THAT(explored(
                  [](Scenario& s) {
                    const auto& config = config_in<SeqConfig>(s);
                    auto& sum = s.keep<std::uint64_t>(0);
                    for (const char* name : {"a writer", "another writer"}) {
                      s.thread(name, [&, name] {
                        const std::uint64_t number = name[1] == ' ' ? 7 : 8;
                        sum += config.write(lab06::settings_of(number, kFew));
                      });
                    }
                    s.finally([&] {
                      require(sum == 2 + 3, "each write makes a version of its own");
                      lab06::Numbers settings(kFew);
                      require(config.read(settings) == 3, "there are as many versions as writes");
                      require(lab06::number_of(settings) == 7 || lab06::number_of(settings) == 8,
                              "the last version is one writer's, whole");
                    });
                  },
                  kSome),
              EndsWell());
}

TEST(SeqEveryOrder, WakesWhoWaits) {
  judge::lesson(7,
                "Between the look and the sleep a version may come: the kernel must compare with what you looked at.");
  EXPECT_THAT(explored(
                  [](Scenario& s) {
                    const auto& config = config_in<SeqConfig>(s);
                    auto& written = s.keep<judge::Moment>();
                    s.thread("the writer", [&] {
                      static_cast<void>(lab06::write(config, 2));
                      written.is_now();
                    });
                    s.thread("who waits", [&] {
                      const auto seen = config.wait_newer(1, judge::in_half_an_hour());
                      require(!written.is_long_past(), "a write wakes who waits");
                      if (seen == 1) return;  // the deadline has passed: that may always be
                      require(lab06::read(config) == 2, "who has heard of a version can read it");
                    });
                  },
                  kSome),
              EndsWell());
}

}  // namespace
}  // namespace config_explore
