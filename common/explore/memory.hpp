#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "explore/view.hpp"

/// For the explorer alone: what C++20 lets the loads of a program see.
///
/// Each atomic location keeps its stores in modification order, which here is the order in which they are made. A load
/// may read any of them that is not hidden from its thread: older ones than it already knows of are. So a missing
/// acquire, release or fence shows, although the machine below would forgive it. Everything seen here the standard
/// allows; what it allows and this cannot show is a load that reads from the future (load buffering) and a store
/// that slips in before one already made (some outcomes of 2+2W, R and S).
/// @see [intro.races], [atomics.order], [atomics.fences]
namespace explore::detail {

/// A value in a location's modification order.
struct Store {
  std::uint64_t value;
  Store* previous;     ///< in modification order; nullptr for the first one
  const void* where;   ///< the code that made it; nullptr for what was there before
  std::uint32_t step;  ///< of the execution; 0 for what was there before
  std::uint16_t position;
  std::uint8_t thread;
  View message;  ///< what a thread that acquires it comes to know
};

struct Location {
  std::uintptr_t address;
  std::uint32_t generation;
  std::uint8_t size;
  std::uint8_t index;           ///< in View::position
  std::uint16_t last_position;  ///< in modification order
  Store* newest;
  std::uint16_t read_at[kThreads];   ///< when each thread last read it, by its own clock
  std::uint16_t wrote_at[kThreads];  ///< and wrote it
  const void* accessed_by[kThreads];
  std::uint8_t stale_reads[kThreads];  ///< that each thread has made in a row: values arrive in the end
};

/// What one thread knows.
struct Knowledge {
  View now;
  View unacquired;  ///< what relaxed loads have brought: an acquire fence makes it known
  View released;    ///< what was known at the last release fence: what relaxed stores carry
};

class Memory {
 public:
  Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory();

  /// Forgets everything: all threads know what is in memory now.
  void restart();

  /// The location; nullptr when one of another size was accessed at this address, or when there are too many.
  Location* locate(std::uintptr_t address, std::size_t size);
  /// The location at this address, if there has been an atomic access to it.
  [[nodiscard]] Location* find(std::uintptr_t address) const {
    Location& location = locations_[slot_of(address)];
    return location.generation == generation_ ? &location : nullptr;
  }
  /// False: there is none that begins in the eight bytes around the address.
  [[nodiscard]] bool may_hold_any(std::uintptr_t address) const {
    return (granules_[home_of(address / 8) / 64] >> home_of(address / 8) % 64 & 1) != 0;
  }

  /// How many stores a load may read: 0 is the newest, the last is the oldest.
  [[nodiscard]] int readable(int thread, const Location& location, int order, int at_least) const {
    if (location.newest == nullptr) return 1;
    int floor = threads_[thread].now.position[location.index];
    if (order == __ATOMIC_SEQ_CST) floor = std::max<int>(floor, sc_.position[location.index]);
    floor = std::max(floor, at_least);
    int count = 1;
    for (const Store* store = location.newest; store->previous != nullptr && store->position > floor; ++count) {
      store = store->previous;
    }
    return count;
  }
  /// Reads the store that is so many places before the newest.
  const Store& load(int thread, Location& location, int order, int back, const void* where);
  void store(int thread, Location& location, int order, std::uint64_t value, const void* where);
  /// A read-modify-write: it reads the newest, and continues what that one released.
  void update(int thread, Location& location, int order, std::uint64_t value, const void* where);
  void fence(int thread, int order);

  /// What is in memory was written by plain means: the order of stores starts anew.
  static void overwritten(Location& location) { location.newest = nullptr; }

  /// The thread's next step: what it did until now is told apart from what follows.
  void tick(int thread) { ++threads_[thread].now.clock[thread]; }
  [[nodiscard]] const View& knowledge(int thread) const { return threads_[thread].now; }
  /// For what synchronises by other means than atomics: a mutex hands on what its last owner knew.
  void learn(int thread, const View& view) { threads_[thread].now.join(view, used_); }
  void teach(int thread, View& view) {
    view.join(threads_[thread].now, used_);
    tick(thread);  // whoever learns this knows nothing of what the thread does next
  }

  /// Whether there is no room for another location.
  [[nodiscard]] bool is_full() const { return used_ == kLocations; }
  void set_step(std::uint32_t step) { step_ = step; }

 private:
  static constexpr std::size_t kSlots = 512;
  static constexpr std::size_t kStores = 16384;  // more than an execution has steps
  static std::size_t home_of(std::uintptr_t number) { return (number * 0x9e3779b97f4a7c15U) >> 55; }
  [[nodiscard]] std::size_t slot_of(std::uintptr_t address) const {
    std::size_t slot = home_of(address);
    while (locations_[slot].generation == generation_ && locations_[slot].address != address)
      slot = (slot + 1) % kSlots;
    return slot;
  }
  Store& append(int thread, Location& location, std::uint64_t value, const void* where);
  Store& newest(Location& location);

  std::unique_ptr<Location[]> locations_;
  std::uint64_t granules_[kSlots / 64] = {};  // a bit for each number that one of theirs comes to
  Store* stores_;
  std::size_t stores_used_ = 0;
  std::uint32_t generation_ = 1;
  std::uint32_t step_ = 0;
  int used_ = 0;  // locations
  Knowledge threads_[kThreads];
  View sc_;  // what sequentially consistent operations hide from each other, by position alone
};

/// What std::memory_order says, as the compilers pass it.
[[nodiscard]] inline bool acquires(int order) {
  return order == __ATOMIC_ACQUIRE || order == __ATOMIC_CONSUME || order >= __ATOMIC_ACQ_REL;
}
[[nodiscard]] inline bool releases(int order) { return order == __ATOMIC_RELEASE || order >= __ATOMIC_ACQ_REL; }

/// The bytes there, as a number.
[[nodiscard]] std::uint64_t peek(std::uintptr_t address, std::size_t size);
void poke(std::uintptr_t address, std::size_t size, std::uint64_t value);

}  // namespace explore::detail
