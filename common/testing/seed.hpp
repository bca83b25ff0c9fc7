#pragma once

#include <cstdint>
#include <random>
#include <string_view>

namespace judge {

/// The run's seed: SEED from the environment, else a new one. Every failure prints it.
[[nodiscard]] std::uint64_t seed();

/// Random numbers that depend on the seed and the running test's name alone, so that TEST= with SEED= repeats a
/// failure. Started anew for each test; for the judge only (a subject has its own copy, from the fork on).
[[nodiscard]] std::mt19937_64& random();

/// A number from `low` to `high`, both included.
[[nodiscard]] std::uint64_t random_between(std::uint64_t low, std::uint64_t high);

namespace detail {
void start_random_numbers_for(std::string_view test);
}

}  // namespace judge
