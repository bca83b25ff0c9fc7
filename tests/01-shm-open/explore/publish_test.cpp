#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

#include "scenario_region.hpp"
#include "testing/explored.hpp"
#include "testing/lesson.hpp"

namespace {

using explore::Scenario;
using judge::EndsWell;
using judge::explored;

std::uint64_t word_in(const lab::Region& region) {
  std::uint64_t word = 0;
  std::memcpy(&word, region.payload().data(), sizeof word);
  return word;
}

void put_word(lab::Region& region, std::uint64_t word) { std::memcpy(region.payload().data(), &word, sizeof word); }

TEST(EveryOrder, ReadyMeansFilled) {
  judge::lesson(4,
                "A flag that is stored without release may be seen before what it announces; one that is loaded "
                "without acquire, too.");
  EXPECT_THAT(explored([](Scenario& s) {
                auto& region = s.keep<ScenarioRegion>(sizeof(std::uint64_t));
                s.thread("the creator", [&] {
                  put_word(*region, 7);
                  lab::publish(*region);
                });
                s.thread("somebody who attaches", [&] {
                  while (!lab::is_ready(*region)) {
                  }
                  explore::require(word_in(*region) == 7, "what is ready has been filled");
                });
              }),
              EndsWell());
}

TEST(EveryOrder, ReadyForTheOneIsReadyForTheNext) {
  judge::lesson(4, "Who has seen the flag may tell others: what the creator wrote is known to them as well.");
  EXPECT_THAT(explored([](Scenario& s) {
                auto& region = s.keep<ScenarioRegion>(2 * sizeof(std::uint64_t));
                auto& is_told = s.make<std::atomic<bool>>(false);
                s.thread("the creator", [&] {
                  put_word(*region, 7);
                  lab::publish(*region);
                });
                s.thread("one who attaches", [&] {
                  if (lab::is_ready(*region)) is_told.store(true, std::memory_order_release);
                });
                s.thread("one who is told", [&] {
                  if (!is_told.load(std::memory_order_acquire)) return;
                  explore::require(lab::is_ready(*region), "once ready, always ready");
                  explore::require(word_in(*region) == 7, "what is ready has been filled");
                });
              }),
              EndsWell());
}

}  // namespace
