// Who goes on, and who has to wait.

#include <cstdlib>

#include "explore/engine.hpp"

namespace explore::detail {
namespace {

constexpr std::uint32_t kMostSteps = 5'000;
constexpr std::uint64_t kLongTime = 3'600'000'000'000;  // an hour: longer than any deadline
constexpr int kLongTurn = 300;                          // of one thread while others could go on
constexpr int kVainLooks = 2;                           // more would show the same
constexpr int kDesperateLooks = 1'000;                  // of one who may be counting, or look at the time now and then

}  // namespace

// --------------------------------------------------------------------------------------------------------------------

Engine::Ready Engine::ready() const {
  Ready threads{0, 0};
  for (int thread = 1; thread <= thread_count_; ++thread) {
    const Thread& one = threads_[thread];
    if (one.finished) continue;
    if (((yielded_ & bit(thread)) != 0 && one.insistence == 0) || looks_in_vain(thread)) {
      if (!one.has_insisted && search_.may_insist()) threads.unlikely |= bit(thread);
      continue;
    }
    const Wait& wait = one.wait;
    if (wait.possible == nullptr || wait.never_waits || wait.possible(wait.object, thread)) {
      threads.likely |= bit(thread);
    } else if (wait.timed || (wait.spurious && spurious_left_ > 0)) {
      threads.unlikely |= bit(thread);
    }
  }
  return threads;
}

// Nobody can go on but those who gave way or look in vain. They look once more, now at the newest; then when much time
// has passed; then one after the other for long, in case they count or look at the time.
bool Engine::once_more() {
  bool any = false;
  for (int thread = 1; thread <= thread_count_; ++thread) {
    if (threads_[thread].finished) continue;
    any = any || (yielded_ & bit(thread)) != 0 || (despair_ != Despair::kTimeHasPassed && looks_in_vain(thread));
  }
  yielded_ = 0;
  if (turns_ > kLongTurn) {
    turns_ = 0;
    now_ += kLongTime;
    return true;
  }
  if (despair_ != Despair::kTimeHasPassed) {
    if (!any) return false;
    const bool have_looked = despair_ == Despair::kLooksOnceMore;
    despair_ = have_looked ? Despair::kTimeHasPassed : Despair::kLooksOnceMore;
    hopeful_ = 0;
    if (have_looked) now_ += kLongTime;
    for (int thread = 1; thread <= thread_count_; ++thread) look_again(thread);
    return true;
  }
  if (any) return true;
  for (int thread = hopeful_ + 1; thread <= thread_count_; ++thread) {
    if (threads_[thread].finished || !looks_in_vain(thread)) continue;
    hopeful_ = thread;
    return true;
  }
  return false;
}

// Which thread goes on; 0 when all have ended. May end the execution.
int Engine::next_thread() {
  if (insists(current_)) return current_;
  if (const int same = search_.repeat_thread(); same > 0 && !threads_[same].finished) return same;
  if (all_finished()) return 0;
  Ready threads = ready();
  const Threads simple = threads.likely;
  if (threads.likely == 0 && once_more()) threads = ready();
  if (threads.likely == 0) {
    bool timed = false;
    for (int thread = 1; thread <= thread_count_; ++thread) {
      timed = timed || ((threads.unlikely & bit(thread)) != 0 && threads_[thread].wait.timed);
    }
    if (!timed) nobody_can_go_on();
  }
  if (steps_ >= kMostSteps) {
    fail(Fault::kLivelock, "it has not come to an end after " + std::to_string(steps_) + " steps");
  }
  const auto all = static_cast<Threads>(threads.likely | threads.unlikely);
  const int next = search_.choose_thread(all, threads.unlikely, simple, current_);
  if (next == Search::kDiverged || search_.has_diverged()) {
    fail(Fault::kUnsupported,
         "the code does not do the same again when the same choices are made: a static variable, a random number, the "
         "bare clock?");
  }
  if (next < 0) {
    // What the sleepers are about to do counts, although it is not done.
    for (int thread = 1; thread <= thread_count_; ++thread) {
      if (threads_[thread].finished) continue;
      footprints_.find_reversals(search_, thread, pending_[thread], Effect::kReadNewest);
    }
    abandon(End::kRedundant);
  }
  if ((threads.unlikely & bit(next)) != 0) {
    if (threads_[next].wait.timed) {
      now_ += kLongTime;
    } else if (threads_[next].wait.possible == nullptr) {
      threads_[next].has_insisted = true;
      threads_[next].insistence = effort_.insistence;
    } else {
      --spurious_left_;
    }
  }
  return next;
}

bool Engine::all_finished() const {
  for (int thread = 1; thread <= thread_count_; ++thread) {
    if (!threads_[thread].finished) return false;
  }
  return true;
}

void Engine::nobody_can_go_on() {
  std::string text;
  bool locked = false;
  for (int thread = 1; thread <= thread_count_; ++thread) {
    const Thread& one = threads_[thread];
    if (one.finished) continue;
    if (!text.empty()) text += "; ";
    text += name_of(thread) + " waits for ";
    if (one.wait.possible == nullptr) {
      text += "a change that nobody will make";
      continue;
    }
    locked = true;
    text += one.wait.for_what;
    const int owner = sync_.owner_of(pending_[thread].object);
    if (owner != 0) text += " that " + name_of(owner) + " holds";
  }
  fail(locked ? Fault::kDeadlock : Fault::kLivelock, text);
}

bool Engine::perform(const Operation& operation, const Wait& wait) {
  threads_[current_].wait = wait;
  announce(operation);
  const int me = current_;
  threads_[me].wait = {};
  search_.woken_by(me, operation, pending_, 0);
  footprints_.step(search_, me, operation, search_.last_thread_node(), Effect::kStored);
  const bool possible = wait.possible == nullptr || wait.possible(wait.object, me);
  if (possible) {
    made_progress(me);
  } else if (wait.never_waits) {
    yielded_ |= bit(me);  // it will hardly do better before the others have gone on
    if (threads_[me].insistence > 0) --threads_[me].insistence;
  }
  memory_.tick(me);
  return possible;
}

void Engine::die(const void* where) {
  machine = nullptr;
  note(0, where, "dies");
  const int me = current_;
  sync_.died(me);
  end_thread(me);
}

// What must hold all the time does, as far as threads can tell: between two points like this one nobody else may look.
void Engine::look_at_invariant() {
  if (!always_) return;
  try {
    always_();
  } catch (...) {
    fail(Fault::kThrew, "what is looked at all the time ended by an exception");
  }
}

// The thread is done; its stack is not needed any more, though it stands on it.
void Engine::end_thread(int thread) {
  threads_[thread].finished = true;
  made_progress(thread);
  look_at_invariant();
  if (!starting_) {
    const int next = next_thread();
    if (next > 0) {
      current_ = next;
      threads_[thread].fiber->switch_to(*threads_[next].fiber);
    }
  }
  threads_[thread].fiber->switch_to(main_);
  std::abort();  // nobody goes on here
}

void Engine::wait_for_turn() {
  const int me = current_;
  look_at_invariant();
  if (starting_) {
    threads_[me].fiber->switch_to(main_);
  } else {
    const int next = next_thread();
    if (next != me) {
      current_ = next;
      threads_[me].fiber->switch_to(*threads_[next].fiber);
    }
  }
  memory_.set_step(++steps_);
  memory_.tick(me);
  // A thread that polls by calls that look like progress (a lock, a system call) gives way now and then, too.
  turns_ = me == last_turn_ ? turns_ + 1 : 0;
  last_turn_ = me;
  yielded_ = turns_ > kLongTurn ? bit(me) : Threads{0};
}

void Engine::abandon(End end) {
  ending_ = end;
  machine = nullptr;
  if (current_ == 0) throw end;
  threads_[current_].fiber->switch_to(main_);
  std::abort();  // nobody goes on here
}

void Engine::fail(Fault fault, std::string what, const void* where, const char* step) {
  machine = nullptr;
  if (where != nullptr) note(0, where, step != nullptr ? step : what);
  result_.fault = fault;
  result_.what = std::move(what);
  abandon(End::kFailed);
}

void Engine::refuse(const char* call, const void* where) {
  fail(Fault::kUnsupported,
       std::string{"a call of "} + call + "() in a scenario: the explorer does not know what would wake it", where);
}

// A thread did something that others may notice: it is not going round in circles, and those who waited look again.
void Engine::made_progress(int thread) {
  threads_[thread].look_count = 0;
  threads_[thread].insistence = 0;
  threads_[thread].failed_for_nothing = false;
  despair_ = Despair::kNone;
  hopeful_ = 0;
  for (int other = 1; other <= thread_count_; ++other) {
    if (other != thread) look_again(other);
  }
}

void Engine::look_again(int thread) {
  Thread& one = threads_[thread];
  for (int i = 0; i < one.look_count; ++i) {
    one.looks[i].fresh =
        one.looks[i].fresh || one.looks[i].in_vain >= kVainLooks || despair_ == Despair::kTimeHasPassed;
    one.looks[i].in_vain = 0;
  }
}

// About to look at the same place for the same thing that it has found there again and again: it need not, until
// somebody stores.
bool Engine::looks_in_vain(int thread) const { return threads_[thread].insistence == 0 && has_looked_enough(thread); }

// Who insists is not interrupted before it does something else: in between, nothing new is to be seen.
bool Engine::insists(int thread) const {
  return thread != 0 && threads_[thread].insistence > 0 &&
         ((yielded_ & bit(thread)) != 0 || has_looked_enough(thread)) && !threads_[thread].finished;
}

bool Engine::has_looked_enough(int thread) const {
  const Thread& one = threads_[thread];
  const Operation& next = pending_[thread];
  const int patience = despair_ == Despair::kTimeHasPassed && thread == hopeful_ ? kDesperateLooks : kVainLooks;
  for (int i = 0; i < one.look_count; ++i) {
    const Thread::Look& look = one.looks[i];
    if (look.in_vain >= patience && look.where == next.where && look.location->address == next.object) return true;
  }
  return false;
}

void Engine::look(const Location& location, std::uint16_t position, const void* where) {
  Thread& me = threads_[current_];
  if (me.insistence > 0) --me.insistence;
  for (int i = 0; i < me.look_count; ++i) {
    Thread::Look& before = me.looks[i];
    if (before.where != where || before.location != &location) continue;
    before.in_vain = before.position == position ? static_cast<std::uint16_t>(before.in_vain + 1) : std::uint16_t{0};
    before.position = position;
    before.fresh = false;
    return;
  }
  if (me.look_count < 16) me.looks[me.look_count++] = {where, &location, position, 0, false};
}

}  // namespace explore::detail
