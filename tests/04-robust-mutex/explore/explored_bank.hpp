#pragma once

#include <chrono>
#include <cstddef>
#include <span>

#include "bank.hpp"
#include "explore/scenario.hpp"
#include "shm/cache_line.hpp"
#include "testing/deadlines.hpp"
#include "testing/explored.hpp"
#include "testing/lesson.hpp"

namespace bank_explore {

inline constexpr std::size_t kAccounts = 2;
inline constexpr lab::Money kInitial = 100;
inline constexpr lab::Money kTotal = 200;

/// Zeroed memory of a scenario, of the size of a bank.
[[nodiscard]] inline std::span<std::byte> bank_memory() {
  const std::size_t size = lab::bytes_for(kAccounts);
  return {static_cast<std::byte*>(explore::Scenario::allocate(size, shm::kCacheLine)), size};
}

[[nodiscard]] inline lab::Bank& open(std::span<std::byte> memory) {
  return lab::open_bank(memory, kAccounts, kInitial, judge::beyond_all_waits());
}

/// Both accounts add up, and the first holds so much.
inline void require_books(const lab::Guard& guard, lab::Money first) {
  explore::require(lab::balance(guard, 0) == first, "each transfer has happened, once");
  explore::require(lab::total(guard) == kTotal, "the sum has not changed");
}

/// Moves money from account 0 to account 1.
inline void move(lab::Guard& guard, lab::Money amount) {
  explore::require(lab::transfer(guard, 0, 1, amount), "there is enough money");
}

}  // namespace bank_explore
