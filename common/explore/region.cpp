#include "explore/region.hpp"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace explore::detail {
namespace {

constexpr std::size_t kGap = 128;

}  // namespace

Region::Region() : used_{kGap} {
  void* const bytes = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (bytes == MAP_FAILED) throw std::bad_alloc{};
  begin_ = reinterpret_cast<std::uintptr_t>(bytes);
}

Region::~Region() { ::munmap(reinterpret_cast<void*>(begin_), kSize); }

void Region::restart() {
  std::memset(reinterpret_cast<void*>(begin_), 0, used_);
  used_ = kGap;
  objects_.clear();
}

void* Region::allocate(std::size_t size, std::size_t alignment) {
  const std::size_t to = alignment < 64 ? 64 : alignment;
  const std::size_t at = (used_ + to - 1) / to * to;
  if (size > kSize || at + size + kGap > kSize) throw std::bad_alloc{};
  used_ = at + size + kGap;
  objects_.push_back({begin_ + at, begin_ + at + size});
  return reinterpret_cast<void*>(begin_ + at);
}

void Region::resize(std::uintptr_t object, std::size_t size) {
  for (Object& one : objects_) {
    if (one.begin == object) one.end = object + size;
  }
}

bool Region::holds(std::uintptr_t address, std::size_t size) const {
  for (const Object& object : objects_) {
    if (address >= object.begin && address + size <= object.end) return true;
  }
  return false;
}

}  // namespace explore::detail
