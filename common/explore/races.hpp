#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "explore/view.hpp"

/// For the explorer alone: plain accesses to the scenario's memory, byte by byte, and whether two of them are a data
/// race: by different threads, one a write, neither before the other. @see [intro.races]
namespace explore::detail {

/// One plain access that is still the last of its kind by its thread to some of eight bytes.
struct PlainAccess {
  const void* where;
  std::uint32_t step;
  std::uint16_t clock;  ///< its thread's own
  std::uint16_t next;
  std::uint8_t bytes;  ///< a bit for each
  std::uint8_t thread;
  bool writes;
};

class Races {
 public:
  /// Watches these bytes, which begin at a multiple of 8.
  Races(std::uintptr_t begin, std::size_t size);

  void restart();
  /// Whether an access could not be noted for want of room.
  [[nodiscard]] bool is_full() const { return full_; }

  /// Notes an access; an earlier one that it races with, or nullptr. `known` is what the thread knows.
  const PlainAccess* access(int thread, const View& known, std::uintptr_t address, std::size_t size, bool writes,
                            const void* where, std::uint32_t step);

  /// An earlier plain access that an atomic one races with, or nullptr.
  [[nodiscard]] const PlainAccess* against_atomic(int thread, const View& known, std::uintptr_t address,
                                                  std::size_t size, bool writes) const {
    const std::uintptr_t end = address + size;
    for (std::uintptr_t at = address & ~std::uintptr_t{7}; at < end; at += 8) {
      const Granule& granule = granules_[(at - begin_) / 8];
      if (granule.generation != generation_ || granule.first == 0) continue;
      if (const auto* race = race_in(granule, thread, known, at, address, end, writes)) return race;
    }
    return nullptr;
  }

 private:
  static constexpr std::size_t kAccesses = 65535;
  struct Granule {
    std::uint32_t generation;
    std::uint16_t first;  // 0: none
  };
  const PlainAccess* race_in(const Granule& granule, int thread, const View& known, std::uintptr_t at,
                             std::uintptr_t address, std::uintptr_t end, bool writes) const;
  const PlainAccess* touch(Granule& granule, std::uint8_t bytes, int thread, const View& known, bool writes,
                           const void* where, std::uint32_t step);

  std::uintptr_t begin_;
  std::unique_ptr<Granule[]> granules_;
  std::unique_ptr<PlainAccess[]> accesses_;
  std::size_t used_ = 1;
  std::uint16_t free_ = 0;
  std::uint32_t generation_ = 1;
  bool full_ = false;
};

}  // namespace explore::detail
