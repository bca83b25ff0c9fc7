#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "keep_trying.hpp"
#include "ring.hpp"

using Numbers = std::vector<std::uint64_t>;

/// `count` items, numbered from `first` on.
template <typename T>
[[nodiscard]] std::vector<T> items_from(std::uint64_t first, std::size_t count) {
  std::vector<T> items;
  for (std::size_t i = 0; i < count; ++i) items.push_back(T::numbered(first + i));
  return items;
}

/// The numbers of all items that are left in the ring.
template <typename T>
[[nodiscard]] Numbers drain(lab::Ring<T>& ring) {
  Numbers seen;
  for (T item{}; seen.size() <= 1000 && ring.try_pop(item);) seen.push_back(number_of(item));
  return seen;
}
