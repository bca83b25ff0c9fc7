// The C library's heap, for which the C library lets a program put its own in place: what it hands out to a thread of a
// scenario is noted. Operator new and thrown exceptions come here, too.
// @see malloc(3), "Replacing malloc" in the GNU C library's manual

#include "explore/heap.hpp"

#include <errno.h>
#include <malloc.h>
#include <sys/mman.h>

#include <cstdlib>

#include "explore/machine.hpp"

using explore::detail::heap;
using explore::detail::machine;

namespace explore::detail {

constinit Heap heap;

namespace {

// What it costs to know of a block, beside its own bytes.
constexpr std::size_t kOverhead = 64;

std::size_t cost_of(std::uintptr_t hidden) {
  return ::malloc_usable_size(reinterpret_cast<void*>(~hidden)) + kOverhead;
}

}  // namespace

std::size_t Heap::home_of(std::uintptr_t hidden) const {
  return ((hidden >> 4) * 0x9e3779b97f4a7c15U >> 20) & (capacity_ - 1);
}

void Heap::insert(std::uintptr_t hidden) {
  std::size_t slot = home_of(hidden);
  while (slots_[slot] != 0) slot = (slot + 1) & (capacity_ - 1);
  slots_[slot] = hidden;
}

void Heap::grow() {
  std::uintptr_t* const old = slots_;
  const std::size_t old_capacity = capacity_;
  const std::size_t capacity = old_capacity == 0 ? 4096 : 2 * old_capacity;
  void* const room =
      ::mmap(nullptr, capacity * sizeof *old, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) std::abort();
  slots_ = static_cast<std::uintptr_t*>(room);
  capacity_ = capacity;
  for (std::size_t i = 0; i < old_capacity; ++i) {
    if (old[i] != 0) insert(old[i]);
  }
  if (old != nullptr) ::munmap(old, old_capacity * sizeof *old);
}

void Heap::add(void* block) {
  if (2 * count_ >= capacity_) grow();
  const std::uintptr_t hidden = ~reinterpret_cast<std::uintptr_t>(block);
  insert(hidden);
  ++count_;
  held_ += cost_of(hidden);
}

void Heap::remove(void* block) {
  const std::uintptr_t hidden = ~reinterpret_cast<std::uintptr_t>(block);
  std::size_t slot = home_of(hidden);
  for (; slots_[slot] != hidden; slot = (slot + 1) & (capacity_ - 1)) {
    if (slots_[slot] == 0) return;
  }
  --count_;
  held_ -= cost_of(hidden);
  // Those behind it that had to make way for it move up.
  std::size_t hole = slot;
  for (;;) {
    slot = (slot + 1) & (capacity_ - 1);
    if (slots_[slot] == 0) break;
    const std::size_t way = (slot - home_of(slots_[slot])) & (capacity_ - 1);
    if (way < ((slot - hole) & (capacity_ - 1))) continue;
    slots_[hole] = slots_[slot];
    hole = slot;
  }
  slots_[hole] = 0;
}

}  // namespace explore::detail

namespace {

void* noted_block(void* block) {
  if (machine != nullptr && block != nullptr) heap.add(block);
  return block;
}

}  // namespace

extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* block);

void* malloc(std::size_t size) noexcept { return noted_block(__libc_malloc(size)); }
void* calloc(std::size_t count, std::size_t size) noexcept { return noted_block(__libc_calloc(count, size)); }
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  return noted_block(__libc_memalign(alignment, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return noted_block(__libc_memalign(alignment, size));
}

int posix_memalign(void** block, std::size_t alignment, std::size_t size) noexcept {
  const bool is_power_of_two = alignment != 0 && (alignment & (alignment - 1)) == 0;
  if (!is_power_of_two || alignment % sizeof(void*) != 0) return EINVAL;
  void* const made = noted_block(__libc_memalign(alignment, size));
  if (made == nullptr) return ENOMEM;
  *block = made;
  return 0;
}

void* realloc(void* block, std::size_t size) noexcept {
  const bool known = block != nullptr && heap.holds_any();
  if (known) heap.remove(block);
  void* const moved = noted_block(__libc_realloc(block, size));
  if (moved == nullptr && size != 0 && known && machine != nullptr) heap.add(block);  // it stays where it was
  return moved;
}

void free(void* block) noexcept {
  if (block != nullptr && heap.holds_any()) heap.remove(block);
  __libc_free(block);
}

}  // extern "C"
