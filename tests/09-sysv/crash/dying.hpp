#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "explore/scenario.hpp"
#include "segment.hpp"
#include "segments.hpp"
#include "testing/deadlines.hpp"

/// What those do who die in the sweeps, and those who find what they have left.
namespace lab09 {

/// A payload of three words, all of them 7 when it has been filled.
inline constexpr lab::Contents kWords{.type = 1, .bytes = 3 * sizeof(std::uint64_t)};

inline void fill_words(lab::Segment& segment) { std::memset(segment.payload().data(), 7, kWords.bytes); }
inline void require_filled(const lab::Segment& segment) {
  static const auto* const filled = "\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7";
  explore::require(std::memcmp(segment.payload().data(), filled, kWords.bytes) == 0, "what is ready has been filled");
}

/// Comes, finds it filled or fills it.
[[nodiscard]] inline lab::Segment come_by(const FreshPlace& fresh) {
  auto segment = lab::create_or_attach(fresh.place(), kWords, 0600, fill_words, judge::beyond_all_waits());
  require_filled(segment);
  return segment;
}

/// Comes and removes it; then the key is free.
inline void come_and_go(const FreshPlace& fresh) {
  const auto segment = come_by(fresh);
  explore::require(lab::remove(fresh.place()), "there is something to remove");
  explore::require(!fresh.is_taken(), "removed, it has no key");
}

}  // namespace lab09
