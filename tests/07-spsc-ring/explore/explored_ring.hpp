#pragma once

#include <cstddef>
#include <cstring>

#include "ring.hpp"
#include "shm/cache_line.hpp"
#include "testing/explored.hpp"

/// A ring in the memory of a scenario, which holds rubbish before.
template <typename T>
[[nodiscard]] lab::Ring<T>& ring_in(explore::Scenario& s, std::size_t capacity, std::uint64_t first = 0) {
  const std::size_t size = lab::Ring<T>::bytes_for(capacity);
  auto* const memory = static_cast<std::byte*>(explore::Scenario::allocate(size, shm::kCacheLine));
  std::memset(memory, 0xA5, size);
  return s.keep<lab::Ring<T>>(lab::Ring<T>::create({memory, size}, capacity, first));
}

/// Fails the execution unless this is the item with that number.
template <typename T>
void require_item(const T& item, std::uint64_t number) {
  explore::require(item == T::numbered(number), "items arrive whole and in order, each once");
}
