#include "explore/shared_ranges.hpp"

#include "explore/crash_points.hpp"
#include "explore/pages.hpp"

namespace explore {
namespace detail {
namespace {

constexpr std::size_t kMost = 256;  // more are not followed

SharedRange ranges[kMost];
std::size_t count = 0;

void add(const SharedRange& range) {
  if (range.begin < range.end && count < kMost) ranges[count++] = range;
}

SharedRange cut(SharedRange range, std::uintptr_t begin, std::uintptr_t end) {
  range.offset += static_cast<off_t>(begin - range.begin);
  range.begin = begin;
  range.end = end;
  return range;
}

}  // namespace

const SharedRange* range_at(std::uintptr_t address) {
  for (std::size_t i = 0; i < count; ++i) {
    if (address >= ranges[i].begin && address < ranges[i].end) return &ranges[i];
  }
  return nullptr;
}

bool is_shared(std::uintptr_t address) { return range_at(address) != nullptr; }

void now_shared(const SharedRange& range) {
  no_longer_shared(range.begin, range.end - range.begin);
  add({range.begin, in_pages(range.end), range.offset, range.inode});
}

void no_longer_shared(std::uintptr_t begin, std::size_t size) {
  const std::uintptr_t end = in_pages(begin + size);
  for (std::size_t i = 0; i < count;) {
    const SharedRange range = ranges[i];
    if (range.end <= begin || range.begin >= end) {
      ++i;
      continue;
    }
    // What lies before and behind stays.
    ranges[i] = ranges[--count];
    if (range.begin < begin) add(cut(range, range.begin, begin));
    if (range.end > end) add(cut(range, end, range.end));
  }
}

}  // namespace detail

void forget_shared_memory() { detail::count = 0; }

}  // namespace explore
