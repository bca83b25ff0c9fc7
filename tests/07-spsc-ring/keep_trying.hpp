#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "shm/deadline.hpp"
#include "testing/deadlines.hpp"
#include "testing/subject.hpp"

/// Repeats `attempt` until it succeeds: true; or until too much time has passed.
template <typename Attempt>
[[nodiscard]] bool keep_trying(Attempt attempt) {
  const auto deadline = judge::in_good_time();
  while (!attempt()) {
    if (deadline.passed()) return false;
    // The bare call: sched_yield is a gate, whose counter would put the threads in an order and hide a race from tsan.
    ::syscall(SYS_sched_yield);
  }
  return true;
}

/// What an item that was taken from a ring says, or kTorn when its parts do not belong together.
inline constexpr std::uint64_t kTorn = 0xDEAD'DEAD'DEAD'DEAD;

template <typename T>
[[nodiscard]] std::uint64_t number_of(const T& item) {
  return item == T::numbered(item.number()) ? item.number() : kTorn;
}

/// 0, 1, 2, ..., count - 1
[[nodiscard]] inline std::vector<std::uint64_t> numbers_below(std::uint64_t count) {
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t i = 0; i < count; ++i) numbers.push_back(i);
  return numbers;
}
