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

  // What follows treats the first locations, which nearly all scenarios make do with, at a fixed cost and without a
  // call; `used` says how many there are.

  /// The later of both, everywhere.
  void join(const View& other, int used) {
    later(other, 0);
    later(other, 1);
    for (int block = 2; block < blocks(used); ++block) later(other, block);
  }

  void assign(const View& other, int used) {
    __builtin_memcpy(this, &other, 2 * kBlock);
    if (blocks(used) > 2) __builtin_memcpy(block_at(2), other.block_at(2), kBlock * (blocks(used) - 2));
  }

  void clear(int used) {
    __builtin_memset(this, 0, 2 * kBlock);
    if (blocks(used) > 2) __builtin_memset(block_at(2), 0, kBlock * (blocks(used) - 2));
  }

 private:
  static constexpr std::size_t kBlock = 8 * sizeof(std::uint16_t);
  static int blocks(int used) { return (kThreads + used + 7) / 8; }
  [[nodiscard]] std::uint16_t* block_at(int block) { return reinterpret_cast<std::uint16_t*>(this) + 8 * block; }
  [[nodiscard]] const std::uint16_t* block_at(int block) const {
    return reinterpret_cast<const std::uint16_t*>(this) + 8 * block;
  }
  void later(const View& other, int block) {
    std::uint16_t* const mine = block_at(block);
    const std::uint16_t* const others = other.block_at(block);
    for (int i = 0; i < 8; ++i) mine[i] = mine[i] < others[i] ? others[i] : mine[i];
  }
};
static_assert(sizeof(View) == sizeof(std::uint16_t) * (kThreads + kLocations));

}  // namespace explore::detail
