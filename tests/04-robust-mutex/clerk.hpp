#pragma once

#include <chrono>
#include <cstddef>

#include "bank.hpp"
#include "shm/mapping.hpp"
#include "testing/deadlines.hpp"
#include "testing/memory.hpp"
#include "testing/subject.hpp"

namespace lab04 {

/// What every bank of these tests is like, where it does not matter.
inline constexpr std::size_t kAccounts = 3;
inline constexpr lab::Money kInitial = 100;
inline constexpr auto kTotal = static_cast<lab::Money>(kAccounts) * kInitial;

/// The bank in shared memory, as one clerk sees it; the first who comes makes it.
struct Clerk {
  explicit Clerk(const judge::SharedMemory& memory, std::size_t accounts = kAccounts, lab::Money initial = kInitial)
      : mapping{memory.map()}, bank{lab::open_bank(mapping.bytes(), accounts, initial, judge::in_good_time())} {}

  shm::Mapping mapping;
  lab::Bank& bank;
};

}  // namespace lab04
