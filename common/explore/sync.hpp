#pragma once

#include <pthread.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "explore/view.hpp"

/// For the explorer alone: what the threads of a scenario wait for and hand to each other, other than atomics. The
/// state is kept here; what the C library keeps in the objects themselves stays as it was initialised.
namespace explore::detail {

class Engine;

/// What a lock, a condition variable, a semaphore, a barrier or a futex is at the moment.
struct SyncObject {
  std::uintptr_t address = 0;
  View view{};                ///< what its last user knew
  int owner = 0;              ///< thread; 0: nobody
  int depth = 0;              ///< of a recursive mutex
  int readers = 0;            ///< of an rwlock, a bit for each thread
  int writers_waiting = 0;    ///< for an rwlock
  unsigned count = 0;         ///< of a semaphore; of those that have arrived at a barrier
  unsigned needed = 0;        ///< at a barrier
  bool owner_died = false;    ///< and nobody has had it since
  bool inconsistent = false;  ///< its owner was told that the one before it died
  bool unrecoverable = false;
  bool counted = false;  ///< a semaphore whose count was taken over from the C library's
  struct Waiter {
    int thread;
    bool woken;
  };
  std::vector<Waiter> waiters;  ///< at a condition variable or a futex

  [[nodiscard]] bool is_free() const { return owner == 0; }
  [[nodiscard]] bool woke(int thread) const;
  /// The same, of a SyncObject, as something to wait for.
  [[nodiscard]] static bool is_woken(const void* object, int thread) {
    return static_cast<const SyncObject*>(object)->woke(thread);
  }
  void leave(int thread);
};

/// The calls, as the C library would answer them, for the thread that runs. `where` is the address it was called from.
class Sync {
 public:
  explicit Sync(Engine& engine) : engine_{engine} {}
  void restart() { objects_.clear(); }

  enum class Patience : std::uint8_t { kNone, kTimed, kEndless };

  int lock(pthread_mutex_t* mutex, Patience patience, const void* where);
  int unlock(pthread_mutex_t* mutex, const void* where);
  int make_consistent(pthread_mutex_t* mutex);
  int wait(pthread_cond_t* condition, pthread_mutex_t* mutex, Patience patience, const void* where);
  int wake(pthread_cond_t* condition, bool all, const void* where);
  int read_lock(pthread_rwlock_t* lock, Patience patience, const void* where);
  int write_lock(pthread_rwlock_t* lock, Patience patience, const void* where);
  int unlock(pthread_rwlock_t* lock, const void* where);
  int take(void* semaphore, unsigned initial, Patience patience, const void* where);
  int give(void* semaphore, unsigned initial, const void* where);
  void set_barrier(const void* barrier, unsigned count) { object(barrier).needed = count; }
  int arrive(const void* barrier, const void* where);
  int futex_wait(void* word, std::uint32_t value, Patience patience, const void* where);
  int futex_wake(void* word, int most, const void* where);

  /// Begins anew: it was initialised or destroyed.
  void forget(const void* object);

  /// A thread died without unwinding: who waits for what it held?
  void died(int thread);

  /// Who holds it, for a message; 0 when nobody does.
  [[nodiscard]] int owner_of(std::uintptr_t object) const;

 private:
  SyncObject& object(const void* address);
  SyncObject& semaphore_with(const void* address, unsigned initial);
  void finish_unlock(SyncObject& mutex);

  Engine& engine_;
  std::vector<std::unique_ptr<SyncObject>> objects_;
};

}  // namespace explore::detail
