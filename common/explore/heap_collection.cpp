// Which blocks of the heap nothing points to any more. As leak checkers do it, every word of memory that holds an
// address in a block counts as a pointer to it.

#include <malloc.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "explore/heap.hpp"

namespace explore::detail {
namespace {

struct Range {
  std::uintptr_t begin;
  std::uintptr_t end;
};

// What the program can write to and no other process sees. Of the stack that the caller runs on, what is in use.
std::vector<Range> own_memory(std::uintptr_t stack) {
  std::vector<Range> ranges;
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);) {
    Range range{};
    char rights[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &range.begin, &range.end, rights) != 3) continue;
    if (std::string{rights} != "rw-p") continue;
    if (range.begin <= stack && stack < range.end) range.begin = stack;
    ranges.push_back(range);
  }
  return ranges;
}

}  // namespace

class Heap::Collection {
 public:
  explicit Collection(const Heap& from) {
    blocks_.reserve(from.count_);
    for (std::size_t i = 0; i < from.capacity_; ++i) {
      if (from.slots_[i] != 0) blocks_.push_back(from.slots_[i]);
    }
    std::ranges::sort(blocks_, std::greater{});  // inverted: by address
    in_use_.resize(blocks_.size());
  }

  // Returns false when it can't be known what is in use.
  bool look_at(const std::vector<Range>& memory) {
    for (const Range& range : memory) {
      if (!look_at(range)) return false;
    }
    while (!to_look_into_.empty()) {
      const std::size_t block = to_look_into_.back();
      to_look_into_.pop_back();
      const auto* const words = reinterpret_cast<const std::uintptr_t*>(begin_of(block));
      for (std::size_t i = 0; i < (end_of(block) - begin_of(block)) / sizeof *words; ++i) found(words[i]);
    }
    return !memory.empty();
  }

  void give_back_the_rest() const {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      if (!in_use_[i]) std::free(reinterpret_cast<void*>(begin_of(i)));
    }
  }

 private:
  [[nodiscard]] std::uintptr_t begin_of(std::size_t block) const { return ~blocks_[block]; }
  [[nodiscard]] std::uintptr_t end_of(std::size_t block) const {
    return begin_of(block) + ::malloc_usable_size(reinterpret_cast<void*>(begin_of(block)));
  }

  // The first block that begins behind the address.
  [[nodiscard]] std::size_t behind(std::uintptr_t address) const {
    return static_cast<std::size_t>(std::ranges::upper_bound(blocks_, ~address, std::greater{}) - blocks_.begin());
  }

  void found(std::uintptr_t word) {
    if (blocks_.empty() || word < begin_of(0)) return;
    const std::size_t block = behind(word) - 1;
    // The C library chains free memory by addresses that lie in the last word of the block before it.
    if (in_use_[block] || word >= end_of(block) - sizeof word) return;
    in_use_[block] = true;
    to_look_into_.push_back(block);
  }

  // Memory may come and go, and parts of it may not be there: the kernel says so instead of letting us fall.
  bool look_at(const Range& range) {
    constexpr std::uintptr_t kPage = 4096;
    std::uintptr_t words[16 * kPage / sizeof(std::uintptr_t)];
    std::size_t next = behind(range.begin - 1);
    for (std::uintptr_t at = range.begin; at < range.end;) {
      const std::size_t size = std::min<std::size_t>(sizeof words, range.end - at);
      const iovec here{words, size};
      const iovec there{reinterpret_cast<void*>(at), size};
      const ssize_t got = ::process_vm_readv(process_, &here, 1, &there, 1, 0);
      if (got < 0 && errno != EFAULT) return false;
      const std::uintptr_t end = got > 0 ? at + static_cast<std::size_t>(got) : (at / kPage + 1) * kPage;
      for (std::size_t i = 0; got > 0 && at + i * sizeof *words < end; ++i) {
        const std::uintptr_t address = at + i * sizeof *words;
        while (next < blocks_.size() && address >= end_of(next)) ++next;
        if (next == blocks_.size() || address < begin_of(next)) found(words[i]);
      }
      at = end;
    }
    return true;
  }

  const pid_t process_ = ::getpid();
  std::vector<std::uintptr_t> blocks_;  // hidden, see heap.hpp
  std::vector<bool> in_use_;
  std::vector<std::size_t> to_look_into_;
};

void Heap::collect() {
  std::jmp_buf registers;  // what is only in a register is in use, too
  if (setjmp(registers) == 0) {
    Collection collection{*this};
    if (collection.look_at(own_memory(reinterpret_cast<std::uintptr_t>(&registers)))) collection.give_back_the_rest();
  }
  limit_ = held_ + std::max(held_, kEnough);
}

}  // namespace explore::detail
