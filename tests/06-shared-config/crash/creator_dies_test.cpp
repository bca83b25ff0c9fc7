// A process dies at each of its crash points while it makes settings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <system_error>

#include "crashes.hpp"
#include "testing/deadlines.hpp"
#include "testing/lesson.hpp"

namespace config_crash {
namespace {

using explore::require;
using judge::crash_sweep;
using judge::IsSurvived;

std::uint64_t newest(const lab::RwConfig& config) { return lab06::read(config, judge::far_away()); }
std::uint64_t newest(const lab::SeqConfig& config) { return lab06::read(config); }
std::uint64_t write(const lab::RwConfig& config, std::uint64_t number) {
  return lab06::write(config, number, judge::far_away());
}
std::uint64_t write(const lab::SeqConfig& config, std::uint64_t number) { return lab06::write(config, number); }

// The settings if they are there.
template <typename Config>
std::optional<Config> config_if_made(const shm::Mapping& mapping) {
  try {
    return Config::attach(mapping.bytes(), lab06::kWords);
  } catch (const std::system_error& error) {
    require(error.code().value() == EINVAL, "what is not whole is refused by EINVAL");
    return std::nullopt;
  }
}

template <typename Config>
auto sweep() {
  Swept<Config> swept;
  return crash_sweep({.prepare =
                          [&] {  // old settings lie there
                            swept.make_anew();
                            const auto peer = swept.attach();
                            for (const std::uint64_t number : {2, 3}) static_cast<void>(write(peer.config, number));
                          },
                      .victim =
                          [&] {
                            const auto mapping = swept.memory().map();
                            static_cast<void>(Config::create(mapping.bytes(), lab06::settings_of(1)));
                          },
                      .survivor =
                          [&] {
                            const auto mapping = swept.memory().map();
                            auto config = config_if_made<Config>(mapping);
                            if (!config) config = Config::create(mapping.bytes(), lab06::settings_of(1));
                            const auto seen = newest(*config);
                            require(seen == 1 || seen == 3, "the old settings are whole, or the new ones");
                            require(write(*config, seen + 1) == seen + 1, "and can be changed");
                            require(newest(*config) == seen + 1, "and read");
                          },
                      .victim_name = "the creator",
                      .survivor_name = "one who attaches"});
}

TEST(RwCreatorDies, WhatIsHalfMadeIsNotFound) {
  judge::lesson(2, "The magic number goes first and comes last: whoever finds it finds all that belongs to it.");
  EXPECT_THAT(sweep<lab::RwConfig>(), IsSurvived());
}

TEST(SeqCreatorDies, WhatIsHalfMadeIsNotFound) {
  judge::lesson(5, "The magic number goes first and comes last: whoever finds it finds all that belongs to it.");
  EXPECT_THAT(sweep<lab::SeqConfig>(), IsSurvived());
}

}  // namespace
}  // namespace config_crash
