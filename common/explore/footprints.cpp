#include "explore/footprints.hpp"

#include <algorithm>

namespace explore::detail {
namespace {

constexpr std::uintptr_t kFences = 1;  // no object lies there

}  // namespace

void Footprints::Clock::join(const Clock& other) {
  for (int thread = 0; thread < kThreads; ++thread) of[thread] = std::max(of[thread], other.of[thread]);
}

Footprints::Footprints() : prints_{new Print[kSlots]{}} {}

void Footprints::restart() {
  ++generation_;
  for (Clock& clock : clocks_) clock = {};
  events_.clear();
}

Footprints::Print& Footprints::print_of(std::uintptr_t object) {
  std::size_t slot = (object * 0x9e3779b97f4a7c15U) >> 55;
  while (prints_[slot].generation == generation_ && prints_[slot].object != object) slot = (slot + 1) % kSlots;
  Print& print = prints_[slot];
  if (print.generation != generation_) {
    print = {};
    print.object = object;
    print.generation = generation_;
  }
  return print;
}

// What an operation means for one object.
struct Footprints::Touch {
  std::uintptr_t object;
  bool changes;     // what others see there, also by hiding it from them
  bool reversible;  // whether it or another one might as well have gone first
};

int Footprints::touches_of(const Operation& operation, Touch (&touches)[2]) {
  if (operation.what == What::kFence) {
    touches[0] = {kFences, true, true};
    return 1;
  }
  if (operation.object == 0) return 0;
  if (operation.what == What::kRelease) {
    // To give back comes after the taking, and another's taking only after that. To begin to wait for a signal is not
    // so.
    touches[0] = {operation.object, true, operation.also != 0};
    touches[1] = {operation.also, true, false};
    return operation.also != 0 ? 2 : 1;
  }
  const bool changes = !is_plain_load(operation);
  // A plain load need not be tried before a store: it may read past it. The store is tried before the load. A look at
  // the system sees what is: it is tried before and after a change.
  const bool reads_past = !changes && operation.size != 0;
  touches[0] = {operation.object, changes, !reads_past};
  if (!is_sequentially_consistent(operation)) return 1;
  touches[1] = {kFences, false, true};
  return 2;
}

// What would come before the operation, besides what its thread has done itself.
Footprints::Clock Footprints::joined(int thread, const Operation& operation, Effect effect) {
  Clock clock = clocks_[thread];
  Touch touches[2];
  for (int i = touches_of(operation, touches); i-- > 0;) {
    const Print& print = print_of(touches[i].object);
    if (touches[i].changes) {
      clock.join(print.all);
    } else if (effect == Effect::kReadNewest) {
      clock.join(print.last_store);
    }
  }
  return clock;
}

void Footprints::find_reversals(Search& search, int thread, const Operation& operation, Effect effect) {
  Touch touches[2];
  const Clock& mine = clocks_[thread];
  for (int i = touches_of(operation, touches); i-- > 0;) {
    const Print& print = print_of(touches[i].object);
    for (int other = 1; other < kThreads; ++other) {
      if (other == thread) continue;
      for (const Mark* mark : {&print.changed[other], &print.read[other]}) {
        const bool matters = mark == &print.read[other] ? touches[i].changes : touches[i].reversible;
        if (!matters || mark->count <= mine.of[other]) continue;
        const Event& event = events_[mark->event];
        if (search.is_open(event.node))
          search.try_one_of(event.node, thread, first_without(*mark, other, thread, joined(thread, operation, effect)));
      }
    }
  }
}

// The threads that could have gone first if that event had not been: whose next step after it neither comes after it
// nor after another such step. @see Abdulla et al., "Optimal dynamic partial order reduction" (POPL 2014): source sets
Threads Footprints::first_without(const Mark& mark, int other, int thread, const Clock& clock_of_thread) const {
  Threads seen = 0;
  Threads first = 0;
  const auto consider = [&](int one, const Clock& clock, std::size_t end) {
    if ((seen & bit(one)) != 0) return;
    seen |= bit(one);
    for (std::size_t k = mark.event + 1; k < end; ++k) {
      const Event& before = events_[k];
      if (before.clock.of[other] >= mark.count) continue;
      if (clock.of[before.thread] >= before.clock.of[before.thread]) return;
    }
    first |= bit(one);
  };
  for (std::size_t k = mark.event + 1; k < events_.size(); ++k) {
    const Event& event = events_[k];
    if (event.clock.of[other] < mark.count) consider(event.thread, event.clock, k);
  }
  consider(thread, clock_of_thread, events_.size());
  return first;
}

void Footprints::note(Search& search, int thread, const Operation& operation, std::uint32_t node, Effect effect) {
  if (!search.repeats()) find_reversals(search, thread, operation, effect);  // or they are known
  Clock& mine = clocks_[thread];
  mine = joined(thread, operation, effect);
  ++mine.of[thread];
  Touch touches[2];
  for (int i = touches_of(operation, touches); i-- > 0;) {
    Print& print = print_of(touches[i].object);
    const bool may_be_later = touches[i].reversible || !touches[i].changes;
    if (may_be_later)
      (touches[i].changes ? print.changed : print.read)[thread] = {static_cast<std::uint32_t>(events_.size()),
                                                                   mine.of[thread]};
    print.all.join(mine);
    if (i == 0 && effect == Effect::kStored) print.last_store = mine;
  }
  events_.push_back({mine, node, static_cast<std::uint8_t>(thread)});
}

}  // namespace explore::detail
