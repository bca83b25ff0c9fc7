#include "explore/memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace explore::detail {

std::uint64_t peek(std::uintptr_t address, std::size_t size) {
  std::uint64_t value = 0;
  std::memcpy(&value, reinterpret_cast<const void*>(address), size);
  return value;
}

void poke(std::uintptr_t address, std::size_t size, std::uint64_t value) {
  std::memcpy(reinterpret_cast<void*>(address), &value, size);
}

Memory::Memory() : locations_{new Location[kSlots]{}} {
  void* const room = ::mmap(nullptr, kStores * sizeof(Store), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) throw std::bad_alloc{};
  stores_ = static_cast<Store*>(room);
  restart();
}

Memory::~Memory() { ::munmap(stores_, kStores * sizeof(Store)); }

void Memory::restart() {
  for (int thread = 0; thread < kThreads; ++thread) {
    threads_[thread].now.clear(used_);
    threads_[thread].unacquired.clear(used_);
    threads_[thread].released.clear(used_);
    threads_[thread].now.clock[thread] = 1;
  }
  sc_.clear(used_);
  ++generation_;
  for (auto& bits : granules_) bits = 0;
  stores_used_ = 0;
  used_ = 0;
  step_ = 0;
}

Location* Memory::locate(std::uintptr_t address, std::size_t size) {
  Location& location = locations_[slot_of(address)];
  if (location.generation == generation_) return location.size == size ? &location : nullptr;
  if (is_full()) return nullptr;
  location = {};
  location.address = address;
  location.generation = generation_;
  location.size = static_cast<std::uint8_t>(size);
  granules_[home_of(address / 8) / 64] |= std::uint64_t{1} << home_of(address / 8) % 64;
  location.index = static_cast<std::uint8_t>(used_++);
  // Views are only kept as wide as there are locations: this one's place in them may hold an old execution's.
  if ((kThreads + used_ - 1) % 8 == 0) {
    const auto clear = [&](View& view) { std::memset(&view.position[used_ - 1], 0, 8 * sizeof(std::uint16_t)); };
    for (Knowledge& thread : threads_) {
      clear(thread.now);
      clear(thread.unacquired);
      clear(thread.released);
    }
    clear(sc_);
    for (std::size_t i = 0; i < stores_used_; ++i) clear(stores_[i].message);
  }
  return &location;
}

Store& Memory::append(int thread, Location& location, std::uint64_t value, const void* where) {
  Store& store = stores_[stores_used_++];
  store.value = value;
  store.previous = location.newest;
  store.where = where;
  store.step = step_;
  store.position = ++location.last_position;
  store.thread = static_cast<std::uint8_t>(thread);
  location.newest = &store;
  return store;
}

// There is always one: what was in memory before anybody stored.
Store& Memory::newest(Location& location) {
  if (location.newest != nullptr) return *location.newest;
  Store& store = append(0, location, peek(location.address, location.size), nullptr);
  store.message.clear(used_);
  store.step = 0;
  return store;
}

const Store& Memory::load(int thread, Location& location, int order, int back, const void* where) {
  Store* read = &newest(location);
  for (; back > 0 && read->previous != nullptr; --back) read = read->previous;
  Knowledge& mine = threads_[thread];
  mine.now.position[location.index] = std::max(mine.now.position[location.index], read->position);
  if (order == __ATOMIC_SEQ_CST) sc_.position[location.index] = std::max(sc_.position[location.index], read->position);
  // What it made itself, and what was there before, brings nothing new, unless it continues what another one released.
  if (read->thread != 0 && (read->thread != thread || acquires(order))) {
    (acquires(order) ? mine.now : mine.unacquired).join(read->message, used_);
  }
  location.read_at[thread] = mine.now.clock[thread];
  location.accessed_by[thread] = where;
  return *read;
}

void Memory::store(int thread, Location& location, int order, std::uint64_t value, const void* where) {
  newest(location);
  Store& made = append(thread, location, value, where);
  Knowledge& mine = threads_[thread];
  mine.now.position[location.index] = made.position;
  if (order == __ATOMIC_SEQ_CST) sc_.position[location.index] = made.position;
  made.message.assign(releases(order) ? mine.now : mine.released, used_);
  made.message.position[location.index] = made.position;
  location.wrote_at[thread] = mine.now.clock[thread];
  tick(thread);  // whoever acquires this knows nothing of what the thread does next
  location.accessed_by[thread] = where;
  poke(location.address, location.size, value);
}

void Memory::update(int thread, Location& location, int order, std::uint64_t value, const void* where) {
  // A read-modify-write takes part in the release sequence of what it reads, whatever its own order.
  const Store& read = newest(location);
  load(thread, location, order == __ATOMIC_RELEASE ? __ATOMIC_RELAXED : order, 0, where);
  store(thread, location, order == __ATOMIC_ACQUIRE ? __ATOMIC_RELAXED : order, value, where);
  location.newest->message.join(read.message, used_);
}

void Memory::fence(int thread, int order) {
  Knowledge& mine = threads_[thread];
  if (acquires(order)) mine.now.join(mine.unacquired, used_);
  if (order == __ATOMIC_SEQ_CST) {
    // Fences and sequentially consistent accesses have one order of all; what is earlier in it hides older stores from
    // what is later. It makes nothing happen before anything: the clocks stay out of it.
    mine.now.join(sc_, used_);
    sc_.assign(mine.now, used_);
    std::memset(sc_.clock, 0, sizeof sc_.clock);
  }
  if (releases(order)) mine.released.assign(mine.now, used_);
}

}  // namespace explore::detail
