#pragma once

#include <cstddef>
#include <cstdint>

/// For the explorer alone: what the threads of scenarios take from the heap.
///
/// An execution that shows nothing new is abandoned where it stands: what lies on the stacks of its threads is never
/// destroyed, and what that held on the heap would be lost, a little each time. So the explorer knows the blocks that
/// scenarios' threads have taken and not given back, and now and then gives back those that nothing points to. What a
/// thread leaves where others find it (a static variable, the test's own containers) stays. What only shared memory
/// points to does not.
namespace explore::detail {

class Heap {
 public:
  /// A thread of a scenario has taken this block, or gives it back. Neither allocates, nor is it seen by the explorer.
  void add(void* block);
  void remove(void* block);
  [[nodiscard]] bool holds_any() const { return count_ != 0; }

  /// Whether so much is held that it is worth looking what is still in use.
  [[nodiscard]] bool is_due() const { return held_ > limit_; }
  /// To be called between two executions, by the thread that explores.
  void collect();

 private:
  class Collection;
  [[nodiscard]] std::size_t home_of(std::uintptr_t hidden) const;
  void insert(std::uintptr_t hidden);
  void grow();

  static constexpr std::size_t kEnough = std::size_t{16} << 20;

  // A hash table of their addresses, which are hidden (inverted): it must not look as if it pointed to them.
  std::uintptr_t* slots_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t count_ = 0;
  std::size_t held_ = 0;  // bytes
  std::size_t limit_ = kEnough;
};

/// Of this process. Blocks are found in it before main begins, so it needs no constructor.
extern constinit Heap heap;

}  // namespace explore::detail
