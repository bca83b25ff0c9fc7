#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "queue_memory.hpp"
#include "testing/deadlines.hpp"
#include "testing/explored.hpp"
#include "testing/moment.hpp"

namespace queue_explore {

/// Many orders, but not more than a second's work.
inline const explore::Effort kSome{.executions = 20'000};

/// A queue in the memory of a scenario, which holds rubbish before; with the items 1, 2, ... already in it.
[[nodiscard]] inline lab::Queue& queue_in(explore::Scenario& s, std::size_t capacity, std::uint64_t filled = 0) {
  const std::size_t size = lab::bytes_for(capacity, sizeof(lab05::Item));
  auto* const memory = static_cast<std::byte*>(explore::Scenario::allocate(size, shm::kCacheLine));
  std::memset(memory, 0xA5, size);
  auto& queue = s.keep<lab::Queue>(lab::create({memory, size}, capacity, sizeof(lab05::Item)));
  for (std::uint64_t number = 1; number <= filled; ++number) {
    explore::require(lab05::try_push(queue, number) == number, "a queue that is not full takes an item");
  }
  return queue;
}

}  // namespace queue_explore
