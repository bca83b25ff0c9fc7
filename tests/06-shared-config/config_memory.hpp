#pragma once

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "config.hpp"
#include "shm/mapping.hpp"
#include "testing/memory.hpp"
#include "testing/subject.hpp"

/// Settings, and memory for them, for all suites of this lab.
namespace lab06 {

using Numbers = std::vector<std::uint64_t>;

/// Words of the settings, where it does not matter.
inline constexpr std::size_t kWords = 5;

/// The settings that belong to a number, each word unlike all others, so that a mixture of two is noticed.
[[nodiscard]] inline Numbers settings_of(std::uint64_t number, std::size_t words = kWords) {
  Numbers settings;
  for (std::uint64_t i = 0; i < words; ++i) settings.push_back(number * (2 * i + 1) + i);
  return settings;
}

/// Which settings they are, or kTorn when they don't belong together.
inline constexpr std::uint64_t kTorn = 0xDEAD'DEAD;
[[nodiscard]] inline std::uint64_t number_of(std::span<const lab::Word> settings) {
  for (std::uint64_t i = 0; i < settings.size(); ++i) {
    if (settings[i] != settings[0] * (2 * i + 1) + i) return kTorn;
  }
  return settings[0];
}

/// What a call says whose deadline has passed.
inline constexpr std::uint64_t kTimedOut = 1'000'001;

/// For a test that fails: what stands for a version where there is none.
[[nodiscard]] inline std::string or_what() {
  return " (" + std::to_string(kTimedOut) + ": it threw ETIMEDOUT; " + std::to_string(kTorn) +
         ": its words are of several versions)";
}

/// What `call` returns; kTimedOut when it throws ETIMEDOUT.
template <typename Call>
[[nodiscard]] std::uint64_t or_timed_out(Call call) {
  try {
    return call();
  } catch (const std::system_error& error) {
    if (error.code().value() != ETIMEDOUT) throw;
    return kTimedOut;
  }
}

// In these tests version n holds the settings of number n; so each of these says version and settings in one number.

[[nodiscard]] inline std::uint64_t write(const lab::RwConfig& config, std::uint64_t number, shm::Deadline deadline) {
  return or_timed_out([&] { return config.write(settings_of(number, config.identity().words), deadline); });
}
[[nodiscard]] inline std::uint64_t write(const lab::SeqConfig& config, std::uint64_t number) {
  return config.write(settings_of(number, config.identity().words));
}
/// The version that is read; kTorn when the settings are not those of that version.
[[nodiscard]] inline std::uint64_t read(const lab::RwConfig& config, shm::Deadline deadline) {
  Numbers settings(config.identity().words);
  return or_timed_out([&] {
    const lab::Version version = config.read(settings, deadline);
    return number_of(settings) == version ? version : kTorn;
  });
}
[[nodiscard]] inline std::uint64_t read(const lab::SeqConfig& config) {
  Numbers settings(config.identity().words);
  const lab::Version version = config.read(settings);
  return number_of(settings) == version ? version : kTorn;
}

/// Settings in memory of their own, for a subject that plays all sides.
template <typename Config>
struct Private {
  explicit Private(std::size_t words = kWords)
      : memory{Config::bytes_for(words)}, config{Config::create(memory.bytes(), settings_of(1, words))} {}

  judge::PrivateMemory memory;
  Config config;
};

/// Makes version 1 in shared memory, by a subject that ends before the peers start.
template <typename Config>
[[nodiscard]] judge::Outcome<judge::Unit> make(const judge::SharedMemory& memory) {
  return judge::subject([&] {
    const auto mapping = memory.map();
    static_cast<void>(Config::create(mapping.bytes(), settings_of(1)));
  });
}

/// The settings in shared memory, as one process sees them.
template <typename Config>
struct Peer {
  explicit Peer(const judge::SharedMemory& memory)
      : displacement{judge::some_pages()}, mapping{memory.map()}, config{Config::attach(mapping.bytes(), kWords)} {}

  shm::Mapping displacement;  // another address than the maker's
  shm::Mapping mapping;
  Config config;
};
using RwPeer = Peer<lab::RwConfig>;
using SeqPeer = Peer<lab::SeqConfig>;

}  // namespace lab06
