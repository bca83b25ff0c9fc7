#include "explore/races.hpp"

#include <algorithm>

namespace explore::detail {
namespace {

std::uint8_t bytes_within(std::uintptr_t granule, std::uintptr_t address, std::uintptr_t end) {
  const auto first = static_cast<unsigned>(std::max(address, granule) - granule);
  const auto last = static_cast<unsigned>(std::min(end, granule + 8) - granule);
  return static_cast<std::uint8_t>(((1U << last) - 1U) & ~((1U << first) - 1U));
}

bool races(const PlainAccess& before, std::uint8_t bytes, int thread, const View& known, bool writes) {
  return before.thread != thread && (before.bytes & bytes) != 0 && (before.writes || writes) &&
         before.clock > known.clock[before.thread];
}

}  // namespace

Races::Races(std::uintptr_t begin, std::size_t size)
    : begin_{begin}, granules_{new Granule[size / 8 + 1]{}}, accesses_{new PlainAccess[kAccesses]} {}

void Races::restart() {
  ++generation_;
  used_ = 1;
  free_ = 0;
  full_ = false;
}

const PlainAccess* Races::access(int thread, const View& known, std::uintptr_t address, std::size_t size, bool writes,
                                 const void* where, std::uint32_t step) {
  const std::uintptr_t end = address + size;
  for (std::uintptr_t at = address & ~std::uintptr_t{7}; at < end; at += 8) {
    const auto* race =
        touch(granules_[(at - begin_) / 8], bytes_within(at, address, end), thread, known, writes, where, step);
    if (race != nullptr) return race;
  }
  return nullptr;
}

const PlainAccess* Races::touch(Granule& granule, std::uint8_t bytes, int thread, const View& known, bool writes,
                                const void* where, std::uint32_t step) {
  if (granule.generation != generation_) granule = {generation_, 0};
  std::uint16_t* link = &granule.first;
  while (*link != 0) {
    const std::uint16_t at = *link;
    PlainAccess& before = accesses_[at];
    if (races(before, bytes, thread, known, writes)) return &before;
    // Whatever raced with it later would race with this one, too.
    const bool covered =
        (before.bytes & ~bytes) == 0 && (writes ? before.clock <= known.clock[before.thread] || before.thread == thread
                                                : before.thread == thread && !before.writes);
    if (covered) {
      *link = before.next;
      before.next = free_;
      free_ = at;
    } else {
      link = &before.next;
    }
  }
  std::uint16_t fresh = free_;
  if (fresh != 0) {
    free_ = accesses_[fresh].next;
  } else if (used_ < kAccesses) {
    fresh = static_cast<std::uint16_t>(used_++);
  } else {
    full_ = true;
    return nullptr;
  }
  accesses_[fresh] = {where, step, known.clock[thread], granule.first, bytes, static_cast<std::uint8_t>(thread),
                      writes};
  granule.first = fresh;
  return nullptr;
}

const PlainAccess* Races::race_in(const Granule& granule, int thread, const View& known, std::uintptr_t at,
                                  std::uintptr_t address, std::uintptr_t end, bool writes) const {
  const std::uint8_t bytes = bytes_within(at, address, end);
  for (std::uint16_t i = granule.first; i != 0; i = accesses_[i].next) {
    if (races(accesses_[i], bytes, thread, known, writes)) return &accesses_[i];
  }
  return nullptr;
}

}  // namespace explore::detail
