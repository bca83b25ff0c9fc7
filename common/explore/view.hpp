#pragma once

#include <cstddef>
#include <cstdint>

/// For the explorer alone.
namespace explore::detail {

/// Setup and end (0), and up to four threads (1 to 4); the rest is room for the future.
inline constexpr int kThreads = 8;

/// Atomic locations that one execution may use.
inline constexpr int kLocations = 120;

/// What a thread knows: of each thread, up to which of its steps all has happened before (a vector clock); of each
/// atomic location, the position of the earliest store in its modification order that may still be read. The two grow
/// by the same joins, for whatever carries happens-before carries coherence.
///
/// @see "A Promising Semantics for Relaxed-Memory Concurrency" (POPL 2017), whose views these are
struct alignas(16) View {
  std::uint16_t clock[kThreads];
  std::uint16_t position[kLocations];

  /// The later of both, everywhere; `used` says how many locations there are.
  void join(const View& other, int used) {
    auto* const mine = reinterpret_cast<std::uint16_t*>(this);
    const auto* const others = reinterpret_cast<const std::uint16_t*>(&other);
    const int width = (kThreads + used + 7) / 8 * 8;
    for (int i = 0; i < width; i += 8) {
      for (int j = i; j < i + 8; ++j) mine[j] = mine[j] < others[j] ? others[j] : mine[j];
    }
  }

  void assign(const View& other, int used) {
    __builtin_memcpy(this, &other, sizeof(std::uint16_t) * static_cast<std::size_t>((kThreads + used + 7) / 8 * 8));
  }
};
static_assert(sizeof(View) == sizeof(std::uint16_t) * (kThreads + kLocations));

}  // namespace explore::detail
