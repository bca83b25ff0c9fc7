// What accesses to memory come to.

#include "explore/engine.hpp"

namespace explore::detail {
namespace {

std::uint64_t changed(std::uint64_t old, Update kind, std::uint64_t operand) {
  switch (kind) {
    case Update::kExchange:
      return operand;
    case Update::kAdd:
      return old + operand;
    case Update::kSub:
      return old - operand;
    case Update::kAnd:
      return old & operand;
    case Update::kOr:
      return old | operand;
    case Update::kXor:
      return old ^ operand;
    case Update::kNand:
      return ~(old & operand);
  }
  return operand;
}

constexpr std::uint8_t kMostStaleReads = 6;  // of one location in a row: values arrive in the end

std::uint64_t low_bytes(std::uint64_t value, std::size_t size) {
  return size >= 8 ? value : value & ((std::uint64_t{1} << (8 * size)) - 1);
}

}  // namespace

// -----------------------------------------------------------------------------------------------------------------

void Engine::plain(std::uintptr_t address, std::size_t size, bool writes, const void* where) {
  if (!region_.contains(address)) return;
  machine = nullptr;
  if (!region_.holds(address, size)) {
    note(address, where, std::string{writes ? "writes " : "reads "} + std::to_string(size) + " bytes");
    fail(Fault::kOutside, name_of(current_) + (writes ? " writes" : " reads") + " beyond the memory that is shared");
  }
  if (recording_) {
    note(address, where,
         writes      ? "writes " + std::to_string(size) + " bytes"
         : size <= 8 ? "reads " + std::to_string(peek(address, size))
                     : "reads " + std::to_string(size) + " bytes",
         writes ? Step::Kind::kWrite : Step::Kind::kRead, size);
  }
  const View& known = memory_.knowledge(current_);
  const PlainAccess* race = races_.access(current_, known, address, size, writes, where, steps_);
  if (race != nullptr) {
    blame(*race);
    fail(Fault::kRace, std::string{"a data race: "} + name_of(race->thread) + (race->writes ? " writes" : " reads") +
                           " and " + name_of(current_) + (writes ? " writes" : " reads") +
                           " the same bytes, and nothing orders the two");
  }
  if (races_.is_full()) fail(Fault::kUnsupported, "more plain accesses than the explorer follows in one execution");
  for (std::uintptr_t eight = address & ~std::uintptr_t{7}; eight < address + size; eight += 8) {
    if (memory_.may_hold_any(eight)) against_atomics(eight, address, size, writes);
  }
  machine = this;
}

// Of the atomics in these eight bytes that the plain access touches.
void Engine::against_atomics(std::uintptr_t eight, std::uintptr_t address, std::size_t size, bool writes) {
  const View& known = memory_.knowledge(current_);
  for (std::uintptr_t at = eight; at < eight + 8 && at < address + size; ++at) {
    Location* const location = memory_.find(at);
    if (location == nullptr || at + location->size <= address) continue;
    for (int other = 1; other <= thread_count_; ++other) {
      if (other == current_) continue;
      if (location->wrote_at[other] > known.clock[other] || (writes && location->read_at[other] > known.clock[other])) {
        blame_last(other, location->address);
        fail(Fault::kRace, std::string{"a data race: "} + name_of(other) + " accesses it as an atomic and " +
                               name_of(current_) + (writes ? " writes" : " reads") +
                               " it as plain memory, and nothing orders the two");
      }
    }
    if (writes) Memory::overwritten(*location);
  }
}

Location& Engine::located(std::uintptr_t address, std::size_t size, bool writes, const void* where) {
  Location* const known = memory_.find(address);
  const bool is_new = known == nullptr || known->size != size;
  if (region_.contains(address)) {
    if (is_new && !region_.holds(address, size)) {
      fail(Fault::kOutside, name_of(current_) + " accesses an atomic beyond the memory that is shared");
    }
    const PlainAccess* race = races_.against_atomic(current_, memory_.knowledge(current_), address, size, writes);
    if (race != nullptr) {
      note(address, where, "accesses it as an atomic");
      blame(*race);
      fail(Fault::kRace, std::string{"a data race: "} + name_of(race->thread) + (race->writes ? " writes" : " reads") +
                             " it as plain memory and " + name_of(current_) +
                             " accesses it as an atomic, and nothing orders the two");
    }
  }
  if (!is_new) return *known;
  Location* const location = memory_.locate(address, size);
  if (location == nullptr) {
    fail(Fault::kUnsupported, memory_.is_full() ? "more atomic variables than the explorer follows in one execution (" +
                                                      std::to_string(kLocations) + ")"
                                                : "atomic accesses of different sizes to the same address");
  }
  return *location;
}

// The oldest position that the running thread may still read here: values arrive in the end.
int Engine::oldest_readable(const Location& location) const {
  const int me = current_;
  for (int i = 0; i < threads_[me].look_count; ++i) {
    const Thread::Look& before = threads_[me].looks[i];
    if (before.location == &location && before.fresh) return location.last_position;
  }
  return location.stale_reads[me] == kMostStaleReads ? location.last_position : search_.floor(me);
}

std::uint64_t Engine::load(std::uintptr_t address, std::size_t size, int order, const void* where) {
  machine = nullptr;
  announce({What::kLoad, static_cast<std::uint8_t>(order), static_cast<std::uint8_t>(size), address, where});
  const int me = current_;
  Location& location = located(address, size, false, where);
  const int options = memory_.readable(me, location, order, oldest_readable(location));
  search_.clear_floor(me);
  const auto node = search_.last_thread_node();
  const int back = search_.choose_value(options);
  const Store& read = memory_.load(me, location, order, back, where);
  location.stale_reads[me] = back == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(location.stale_reads[me] + 1);
  search_.woken_by(me, pending_[me], pending_, 0);
  footprints_.step(search_, me, pending_[me], node, back == 0 ? Effect::kReadNewest : Effect::kReadOlder);
  look(location, read.position, where);
  if (recording_) note_read(location, read, order, where, "reads ");
  machine = this;
  return low_bytes(read.value, size);
}

void Engine::store(std::uintptr_t address, std::size_t size, std::uint64_t value, int order, const void* where) {
  machine = nullptr;
  announce({What::kStore, static_cast<std::uint8_t>(order), static_cast<std::uint8_t>(size), address, where});
  const int me = current_;
  Location& location = located(address, size, true, where);
  const bool is_the_same = location.newest != nullptr && location.newest->value == low_bytes(value, size);
  memory_.store(me, location, order, low_bytes(value, size), where);
  search_.woken_by(me, pending_[me], pending_, location.last_position);
  footprints_.step(search_, me, pending_[me], search_.last_thread_node(), Effect::kStored);
  // To store what is there changes nothing.
  if (!is_the_same) made_progress(me);
  if (recording_) {
    note_atomic(Step::Kind::kStore, address, size, order, where, "writes " + std::to_string(low_bytes(value, size)));
  }
  machine = this;
}

std::uint64_t Engine::update(std::uintptr_t address, std::size_t size, Update kind, std::uint64_t operand, int order,
                             const void* where) {
  machine = nullptr;
  announce({What::kUpdate, static_cast<std::uint8_t>(order), static_cast<std::uint8_t>(size), address, where});
  const int me = current_;
  Location& location = located(address, size, true, where);
  const std::uint64_t old = location.newest != nullptr ? location.newest->value : peek(address, size);
  const std::uint64_t fresh = low_bytes(changed(old, kind, low_bytes(operand, size)), size);
  const std::uint32_t source = location.newest != nullptr ? location.newest->step : 0;
  memory_.update(me, location, order, fresh, where);
  search_.woken_by(me, pending_[me], pending_, location.last_position);
  footprints_.step(search_, me, pending_[me], search_.last_thread_node(), Effect::kStored);
  // Taking what is taken changes nothing: the usual way to spin for a lock.
  if (fresh != old) {
    made_progress(me);
  } else {
    look(location, 1, where);
  }
  if (recording_) {
    note_atomic(Step::Kind::kUpdate, address, size, order, where,
                "changes " + std::to_string(old) + " to " + std::to_string(fresh));
    story_.back().source = source;
  }
  machine = this;
  return old;
}

bool Engine::compare_exchange(std::uintptr_t address, std::size_t size, std::uint64_t& expected, std::uint64_t desired,
                              bool weak, int success, int failure, const void* where) {
  machine = nullptr;
  announce({What::kUpdate, static_cast<std::uint8_t>(success), static_cast<std::uint8_t>(size), address, where});
  const int me = current_;
  Location& location = located(address, size, true, where);
  const int readable = memory_.readable(me, location, failure, oldest_readable(location));
  search_.clear_floor(me);
  const std::uint64_t old = location.newest != nullptr ? location.newest->value : peek(address, size);
  const bool equal = old == low_bytes(expected, size);
  // It may fail by reading an older store, if that differs from what is expected; a weak one also for no reason.
  int others = 0;
  int backs[16];
  if (location.newest != nullptr) {
    const Store* store = location.newest;
    for (int back = 1; back < readable && others < 16; ++back) {
      store = store->previous;
      if (store->value != low_bytes(expected, size)) backs[others++] = back;
    }
  }
  const auto node = search_.last_thread_node();
  const int chosen = search_.choose_value(1 + others + (weak && equal && !threads_[me].failed_for_nothing ? 1 : 0));
  if (chosen > others) threads_[me].failed_for_nothing = true;
  const bool stale = chosen > 0 && chosen <= others;
  location.stale_reads[me] = stale ? static_cast<std::uint8_t>(location.stale_reads[me] + 1) : std::uint8_t{0};
  search_.woken_by(me, pending_[me], pending_, location.last_position);
  const bool done = chosen == 0 && equal;
  footprints_.step(search_, me, pending_[me], node, done ? Effect::kStored : Effect::kReadNewest);
  if (done) {
    const std::uint32_t source = location.newest != nullptr ? location.newest->step : 0;
    memory_.update(me, location, success, low_bytes(desired, size), where);
    made_progress(me);
    if (recording_) {
      note_atomic(Step::Kind::kUpdate, address, size, success, where,
                  "changes " + std::to_string(old) + " to " + std::to_string(low_bytes(desired, size)));
      story_.back().source = source;
    }
  } else {
    const Store& read = memory_.load(me, location, failure, stale ? backs[chosen - 1] : 0, where);
    look(location, read.position, where);
    expected = low_bytes(read.value, size);
    if (recording_) {
      const bool for_nothing = chosen > others;
      note_read(location, read, failure, where,
                for_nothing ? "fails for no reason, as a weak one may, at " : "does not find what it expects, but ");
    }
  }
  machine = this;
  return done;
}

void Engine::fence(int order, const void* where) {
  machine = nullptr;
  if (order == __ATOMIC_SEQ_CST) {
    announce({What::kFence, static_cast<std::uint8_t>(order), 0, 0, where});
    search_.woken_by(current_, pending_[current_], pending_, 0);
    footprints_.step(search_, current_, pending_[current_], search_.last_thread_node(), Effect::kStored);
  }
  memory_.fence(current_, order);
  memory_.tick(current_);
  if (recording_) note_atomic(Step::Kind::kFence, 0, 0, order, where, "fence");
  machine = this;
}

void Engine::yield(const void* where) {
  machine = nullptr;
  yielded_ |= bit(current_);
  if (threads_[current_].insistence > 0) --threads_[current_].insistence;
  announce({What::kYield, 0, 0, 0, where});
  machine = this;
}

void Engine::enter(const void* caller) {
  Thread& me = threads_[current_];
  if (me.depth < 64) me.calls[me.depth] = caller;
  ++me.depth;
}

void Engine::leave() { --threads_[current_].depth; }

}  // namespace explore::detail
