#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace judge {

/// The run's seed: SEED from the environment, else a new one. Every failure prints it.
[[nodiscard]] std::uint64_t seed();

/// Random numbers that depend on the seed and the running test's name alone, so that TEST= with SEED= repeats a
/// failure. Started anew for each test; for the judge only (a subject has its own copy, from the fork on).
[[nodiscard]] std::mt19937_64& random();

/// A number from `low` to `high`, both included.
[[nodiscard]] std::uint64_t random_between(std::uint64_t low, std::uint64_t high);

/// Characters from '!' to 'z': no blanks, and no '|', which separates them where there are several.
[[nodiscard]] std::string random_text(std::size_t size);

namespace detail {
void start_random_numbers_for(std::string_view test);
}

}  // namespace judge
