#include "explore/sync.hpp"

#include <algorithm>
#include <cerrno>

#include "explore/engine.hpp"

namespace explore::detail {
namespace {

// Of glibc's: what an initialised mutex says of itself.
constexpr int kRecursive = PTHREAD_MUTEX_RECURSIVE;
constexpr int kErrorCheck = PTHREAD_MUTEX_ERRORCHECK;
constexpr int kRobust = 16;
int type_of(const pthread_mutex_t& mutex) { return mutex.__data.__kind & 3; }
bool is_robust(const pthread_mutex_t& mutex) { return (mutex.__data.__kind & kRobust) != 0; }
bool prefers_writers(const pthread_rwlock_t& lock) {
  return lock.__data.__flags == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP;
}

bool mutex_is_free(const void* object, int) { return static_cast<const SyncObject*>(object)->is_free(); }
bool has_no_writer(const void* object, int) { return static_cast<const SyncObject*>(object)->is_free(); }
bool has_no_writer_nor_one_waiting(const void* object, int) {
  const auto* lock = static_cast<const SyncObject*>(object);
  return lock->is_free() && lock->writers_waiting == 0;
}
bool has_nobody(const void* object, int) {
  const auto* lock = static_cast<const SyncObject*>(object);
  return lock->is_free() && lock->readers == 0;
}

}  // namespace

bool SyncObject::woke(int thread) const {
  return std::ranges::any_of(waiters,
                             [thread](const Waiter& waiter) { return waiter.thread == thread && waiter.woken; });
}

void SyncObject::leave(int thread) {
  std::erase_if(waiters, [thread](const Waiter& waiter) { return waiter.thread == thread; });
}

SyncObject& Sync::object(const void* address) {
  const auto key = reinterpret_cast<std::uintptr_t>(address);
  for (const auto& one : objects_) {
    if (one->address == key) return *one;
  }
  objects_.push_back(std::make_unique<SyncObject>());
  objects_.back()->address = key;
  return *objects_.back();
}

void Sync::forget(const void* address) {
  std::erase_if(objects_,
                [key = reinterpret_cast<std::uintptr_t>(address)](const auto& one) { return one->address == key; });
}

int Sync::owner_of(std::uintptr_t address) const {
  for (const auto& one : objects_) {
    if (one->address == address) return one->owner;
  }
  return 0;
}

// ---- Mutexes
// ------------------------------------------------------------------------------------------------------------------

int Sync::lock(pthread_mutex_t* mutex, Patience patience, const void* where) {
  SyncObject& state = object(mutex);
  const int me = engine_.current();
  if (state.owner == me) {
    if (type_of(*mutex) == kRecursive) {
      ++state.depth;
      return 0;
    }
    if (patience == Patience::kNone) return EBUSY;
    if (type_of(*mutex) == kErrorCheck) return EDEADLK;
    if (patience == Patience::kTimed) return ETIMEDOUT;
    engine_.fail(Fault::kDeadlock, engine_.name_of(me) + " locks a mutex that it holds already", where);
  }
  const bool waits = patience != Patience::kNone;
  const bool got = engine_.perform(operation_on(waits ? What::kAcquire : What::kTry, mutex, where),
                                   {.possible = mutex_is_free,
                                    .object = &state,
                                    .never_waits = !waits,
                                    .timed = patience == Patience::kTimed,
                                    .for_what = "a mutex"});
  if (!got) {
    engine_.note(reinterpret_cast<std::uintptr_t>(mutex), where,
                 waits ? "gives up waiting for the mutex" : "finds the mutex taken");
    return waits ? ETIMEDOUT : EBUSY;
  }
  engine_.memory().learn(me, state.view);
  if (state.unrecoverable) {
    engine_.note(reinterpret_cast<std::uintptr_t>(mutex), where, "finds the mutex unrecoverable");
    return ENOTRECOVERABLE;
  }
  state.owner = me;
  if (state.owner_died) {
    state.owner_died = false;
    state.inconsistent = true;
    engine_.note(reinterpret_cast<std::uintptr_t>(mutex), where, "locks the mutex, whose owner died");
    return EOWNERDEAD;
  }
  engine_.note(reinterpret_cast<std::uintptr_t>(mutex), where, "locks the mutex");
  return 0;
}

int Sync::unlock(pthread_mutex_t* mutex, const void* where) {
  SyncObject& state = object(mutex);
  const int me = engine_.current();
  if (state.owner != me && state.unrecoverable) {
    engine_.fail(Fault::kMisuse,
                 engine_.name_of(me) + " uses an unrecoverable mutex as if it held it: nobody can lock it any more",
                 where);
  }
  if (state.owner != me) {
    if (type_of(*mutex) != PTHREAD_MUTEX_NORMAL || is_robust(*mutex)) return EPERM;
    engine_.fail(Fault::kMisuse, engine_.name_of(me) + " unlocks a mutex that it does not hold", where);
  }
  if (state.depth > 0) {
    --state.depth;
    return 0;
  }
  engine_.perform(operation_on(What::kRelease, mutex, where), {});
  finish_unlock(state);
  engine_.note(reinterpret_cast<std::uintptr_t>(mutex), where, "unlocks the mutex");
  return 0;
}

void Sync::finish_unlock(SyncObject& mutex) {
  if (mutex.inconsistent) mutex.unrecoverable = true;
  mutex.inconsistent = false;
  mutex.owner = 0;
  engine_.memory().teach(engine_.current(), mutex.view);
}

int Sync::make_consistent(pthread_mutex_t* mutex) {
  SyncObject& state = object(mutex);
  if (state.owner != engine_.current() || !state.inconsistent) return EINVAL;
  state.inconsistent = false;
  return 0;
}

void Sync::died(int thread) {
  for (const auto& one : objects_) {
    if (one->owner != thread) continue;
    const bool robust = is_robust(*reinterpret_cast<const pthread_mutex_t*>(one->address));
    if (!robust) continue;
    engine_.memory().teach(thread, one->view);
    one->owner = 0;
    one->depth = 0;
    one->owner_died = true;
    one->inconsistent = false;
  }
}

// ---- Condition variables
// --------------------------------------------------------------------------------------------------------

int Sync::wait(pthread_cond_t* condition, pthread_mutex_t* mutex, Patience patience, const void* where) {
  SyncObject& state = object(condition);
  SyncObject& lock_state = object(mutex);
  const int me = engine_.current();
  if (lock_state.owner != me) {
    engine_.fail(Fault::kMisuse, engine_.name_of(me) + " waits at a condition variable without holding its mutex",
                 where);
  }
  engine_.perform(operation_on(What::kRelease, condition, where, mutex), {});
  state.waiters.push_back({me, false});
  finish_unlock(lock_state);
  engine_.note(reinterpret_cast<std::uintptr_t>(condition), where, "unlocks the mutex and waits");
  const bool woken =
      engine_.perform(operation_on(What::kAcquire, condition, where), {.possible = SyncObject::is_woken,
                                                                       .object = &state,
                                                                       .timed = patience == Patience::kTimed,
                                                                       .spurious = true,
                                                                       .for_what = "a signal at a condition variable"});
  state.leave(me);
  const bool timed_out = !woken && patience == Patience::kTimed;
  engine_.note(reinterpret_cast<std::uintptr_t>(condition), where,
               woken       ? "was woken"
               : timed_out ? "gives up waiting"
                           : "wakes up although nobody signalled, as it may");
  const int error = lock(mutex, Patience::kEndless, where);
  return error != 0 ? error : timed_out ? ETIMEDOUT : 0;
}

int Sync::wake(pthread_cond_t* condition, bool all, const void* where) {
  SyncObject& state = object(condition);
  engine_.perform(operation_on(What::kTry, condition, where), {});
  std::vector<SyncObject::Waiter*> asleep;
  for (auto& waiter : state.waiters) {
    if (!waiter.woken) asleep.push_back(&waiter);
  }
  std::string text = all ? "wakes all who wait" : "wakes one who waits";
  if (asleep.empty()) {
    text += ": nobody";
  } else if (all) {
    for (auto* waiter : asleep) waiter->woken = true;
  } else {
    auto* chosen = asleep[static_cast<std::size_t>(engine_.choose(static_cast<int>(asleep.size())))];
    chosen->woken = true;
    text += ": " + engine_.name_of(chosen->thread);
  }
  engine_.note(reinterpret_cast<std::uintptr_t>(condition), where, std::move(text));
  return 0;
}

// ---- Read-write locks
// -----------------------------------------------------------------------------------------------------------

int Sync::read_lock(pthread_rwlock_t* lock, Patience patience, const void* where) {
  SyncObject& state = object(lock);
  const int me = engine_.current();
  if (state.owner == me) return EDEADLK;
  const bool waits = patience != Patience::kNone;
  const bool got = engine_.perform(operation_on(waits ? What::kAcquire : What::kTry, lock, where),
                                   {.possible = prefers_writers(*lock) ? has_no_writer_nor_one_waiting : has_no_writer,
                                    .object = &state,
                                    .never_waits = !waits,
                                    .timed = patience == Patience::kTimed,
                                    .for_what = "an rwlock, to read"});
  if (!got) return waits ? ETIMEDOUT : EBUSY;
  state.readers |= 1 << me;
  engine_.memory().learn(me, state.view);
  engine_.note(reinterpret_cast<std::uintptr_t>(lock), where, "locks it to read");
  return 0;
}

int Sync::write_lock(pthread_rwlock_t* lock, Patience patience, const void* where) {
  SyncObject& state = object(lock);
  const int me = engine_.current();
  if (state.owner == me) return EDEADLK;
  engine_.perform(operation_on(What::kTry, lock, where), {});  // to come is a step: from then on it is in readers' way
  if (!has_nobody(&state, me)) {
    if (patience == Patience::kNone) return EBUSY;
    ++state.writers_waiting;
    const bool got = engine_.perform(operation_on(What::kAcquire, lock, where), {.possible = has_nobody,
                                                                                 .object = &state,
                                                                                 .timed = patience == Patience::kTimed,
                                                                                 .for_what = "an rwlock, to write"});
    --state.writers_waiting;
    if (!got) return ETIMEDOUT;
  }
  state.owner = me;
  engine_.memory().learn(me, state.view);
  engine_.note(reinterpret_cast<std::uintptr_t>(lock), where, "locks it to write");
  return 0;
}

int Sync::unlock(pthread_rwlock_t* lock, const void* where) {
  SyncObject& state = object(lock);
  const int me = engine_.current();
  if (state.owner != me && (state.readers & 1 << me) == 0) {
    engine_.fail(Fault::kMisuse, engine_.name_of(me) + " unlocks an rwlock that it does not hold", where);
  }
  engine_.perform(operation_on(What::kRelease, lock, where), {});
  if (state.owner == me) state.owner = 0;
  state.readers &= ~(1 << me);
  engine_.memory().teach(me, state.view);
  engine_.note(reinterpret_cast<std::uintptr_t>(lock), where, "unlocks it");
  return 0;
}

}  // namespace explore::detail
