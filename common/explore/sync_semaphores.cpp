// Semaphores, barriers and futexes: what counts, and what wakes.

#include <cerrno>

#include "explore/engine.hpp"
#include "explore/sync.hpp"

namespace explore::detail {
namespace {

bool has_a_token(const void* object, int) { return static_cast<const SyncObject*>(object)->count > 0; }

}  // namespace

SyncObject& Sync::semaphore_with(const void* address, unsigned initial) {
  SyncObject& state = object(address);
  if (!state.counted) state.count = initial;
  state.counted = true;
  return state;
}

int Sync::take(void* semaphore, unsigned initial, Patience patience, const void* where) {
  SyncObject& state = semaphore_with(semaphore, initial);
  const bool waits = patience != Patience::kNone;
  const bool got = engine_.perform(operation_on(waits ? What::kAcquire : What::kTry, semaphore, where),
                                   {.possible = has_a_token,
                                    .object = &state,
                                    .never_waits = !waits,
                                    .timed = patience == Patience::kTimed,
                                    .for_what = "a semaphore"});
  if (!got) return waits ? ETIMEDOUT : EAGAIN;
  --state.count;
  engine_.memory().learn(engine_.current(), state.view);
  engine_.note(reinterpret_cast<std::uintptr_t>(semaphore), where, "takes one from the semaphore");
  return 0;
}

int Sync::give(void* semaphore, unsigned initial, const void* where) {
  SyncObject& state = semaphore_with(semaphore, initial);
  engine_.perform(operation_on(What::kTry, semaphore, where), {});
  ++state.count;
  engine_.memory().teach(engine_.current(), state.view);
  engine_.note(reinterpret_cast<std::uintptr_t>(semaphore), where, "gives one to the semaphore");
  return 0;
}

int Sync::arrive(const void* barrier, const void* where) {
  SyncObject& state = object(barrier);
  const int me = engine_.current();
  engine_.perform(operation_on(What::kTry, barrier, where), {});
  engine_.memory().teach(me, state.view);
  engine_.note(reinterpret_cast<std::uintptr_t>(barrier), where, "arrives at the barrier");
  const bool last = ++state.count == state.needed;
  if (last) {
    state.count = 0;
    for (auto& waiter : state.waiters) waiter.woken = true;
  } else {
    state.waiters.push_back({me, false});
    engine_.perform(operation_on(What::kAcquire, barrier, where),
                    {.possible = SyncObject::is_woken, .object = &state, .for_what = "the others at a barrier"});
    state.leave(me);
  }
  engine_.memory().learn(me, state.view);
  return last ? PTHREAD_BARRIER_SERIAL_THREAD : 0;
}

int Sync::futex_wait(void* word, std::uint32_t value, Patience patience, const void* where) {
  SyncObject& state = object(word);
  const int me = engine_.current();
  engine_.perform(operation_on(What::kTry, word, where), {});
  if (*static_cast<volatile std::uint32_t*>(word) != value) return EAGAIN;
  state.waiters.push_back({me, false});
  engine_.note(reinterpret_cast<std::uintptr_t>(word), where, "waits for a change of this word");
  const bool woken = engine_.perform(operation_on(What::kAcquire, word, where), {.possible = SyncObject::is_woken,
                                                                                 .object = &state,
                                                                                 .timed = patience == Patience::kTimed,
                                                                                 .spurious = true,
                                                                                 .for_what = "a wake-up at a futex"});
  state.leave(me);
  return !woken && patience == Patience::kTimed ? ETIMEDOUT : 0;
}

int Sync::futex_wake(void* word, int most, const void* where) {
  SyncObject& state = object(word);
  engine_.perform(operation_on(What::kTry, word, where), {});
  int woken = 0;
  for (auto& waiter : state.waiters) {
    if (waiter.woken || woken == most) continue;
    waiter.woken = true;
    ++woken;
  }
  engine_.note(reinterpret_cast<std::uintptr_t>(word), where, "wakes who waits: " + std::to_string(woken));
  return woken;
}

}  // namespace explore::detail
