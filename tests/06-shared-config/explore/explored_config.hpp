#pragma once

#include <chrono>
#include <cstddef>
#include <cstring>

#include "config_memory.hpp"
#include "testing/deadlines.hpp"
#include "testing/explored.hpp"
#include "testing/moment.hpp"

namespace config_explore {

/// Many orders, but not more than a second's work.
inline const explore::Effort kSome{.executions = 20'000};

/// Words of the settings in a scenario: the fewest that can be torn.
inline constexpr std::size_t kFew = 2;

/// Version 1 in the memory of a scenario, which holds rubbish before.
template <typename Config>
[[nodiscard]] const Config& config_in(explore::Scenario& s) {
  const std::size_t size = Config::bytes_for(kFew);
  auto* const memory = static_cast<std::byte*>(explore::Scenario::allocate(size, shm::kCacheLine));
  std::memset(memory, 0xA5, size);
  return s.keep<Config>(Config::create({memory, size}, lab06::settings_of(1, kFew)));
}

}  // namespace config_explore
