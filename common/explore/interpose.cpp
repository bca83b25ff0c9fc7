// Calls of the C library by which threads wait for each other. Defined here, they are found before the C library's own,
// by the program and by libstdc++ alike (std::mutex, std::condition_variable, std::this_thread). Outside of a scenario
// they are handed on. (interpose_outside.cpp has those by which they would wait for others than each other.)
// @see pthread_mutex_lock(3p), pthread_cond_wait(3p), sem_wait(3), futex(2), and dlsym(3) for RTLD_NEXT

#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>

#include "explore/engine.hpp"
#include "explore/pass_on.hpp"

using explore::detail::engine;
using explore::detail::machine;
using explore::detail::Sync;
using Patience = explore::detail::Sync::Patience;

namespace {

// While the explorer answers, the code that runs is its own.
class Answering {
 public:
  Answering() { machine = nullptr; }
  Answering(const Answering&) = delete;
  Answering& operator=(const Answering&) = delete;
  ~Answering() { machine = engine; }
  Sync* operator->() const { return &engine->sync(); }
};

int with_errno(int error) {
  if (error == 0) return 0;
  errno = error;
  return -1;
}

unsigned initial_value(sem_t* semaphore) {
  int value = 0;
  ::sem_getvalue(semaphore, &value);
  return static_cast<unsigned>(value);
}

}  // namespace

extern "C" {

// For gates (common/testing), which must not be looked at as if they were the scenario's.
bool explore_is_answering() { return IN_SCENARIO; }

int pthread_mutex_init(pthread_mutex_t* mutex, const pthread_mutexattr_t* attributes) {
  if (engine != nullptr) engine->sync().forget(mutex);
  PASS_ON(int, pthread_mutex_init, (pthread_mutex_t*, const pthread_mutexattr_t*), (mutex, attributes));
}
int pthread_mutex_destroy(pthread_mutex_t* mutex) {
  if (engine != nullptr) engine->sync().forget(mutex);
  PASS_ON(int, pthread_mutex_destroy, (pthread_mutex_t*), (mutex));
}
int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  if (IN_SCENARIO) return Answering {
      } -> lock(mutex, Patience::kEndless, WHERE);
  PASS_ON(int, pthread_mutex_lock, (pthread_mutex_t*), (mutex));
}
int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  if (IN_SCENARIO) return Answering {
      } -> lock(mutex, Patience::kNone, WHERE);
  PASS_ON(int, pthread_mutex_trylock, (pthread_mutex_t*), (mutex));
}
int pthread_mutex_timedlock(pthread_mutex_t* mutex, const timespec* until) noexcept {
  if (IN_SCENARIO) return Answering {
      } -> lock(mutex, Patience::kTimed, WHERE);
  PASS_ON(int, pthread_mutex_timedlock, (pthread_mutex_t*, const timespec*), (mutex, until));
}
int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock, const timespec* until) noexcept {
  if (IN_SCENARIO) return Answering {
      } -> lock(mutex, Patience::kTimed, WHERE);
  PASS_ON(int, pthread_mutex_clocklock, (pthread_mutex_t*, clockid_t, const timespec*), (mutex, clock, until));
}
int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  if (IN_SCENARIO) return Answering {
      } -> unlock(mutex, WHERE);
  PASS_ON(int, pthread_mutex_unlock, (pthread_mutex_t*), (mutex));
}
int pthread_mutex_consistent(pthread_mutex_t* mutex) noexcept {
  if (IN_SCENARIO) return Answering {
      } -> make_consistent(mutex);
  PASS_ON(int, pthread_mutex_consistent, (pthread_mutex_t*), (mutex));
}

int pthread_cond_init(pthread_cond_t* condition, const pthread_condattr_t* attributes) noexcept {
  if (engine != nullptr) engine->sync().forget(condition);
  PASS_ON(int, pthread_cond_init, (pthread_cond_t*, const pthread_condattr_t*), (condition, attributes));
}
int pthread_cond_destroy(pthread_cond_t* condition) noexcept {
  if (engine != nullptr) engine->sync().forget(condition);
  PASS_ON(int, pthread_cond_destroy, (pthread_cond_t*), (condition));
}
int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  if (IN_SCENARIO) return Answering {
      } -> wait(condition, mutex, Patience::kEndless, WHERE);
  PASS_ON(int, pthread_cond_wait, (pthread_cond_t*, pthread_mutex_t*), (condition, mutex));
}
int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* until) {
  if (IN_SCENARIO) return Answering {
      } -> wait(condition, mutex, Patience::kTimed, WHERE);
  PASS_ON(int, pthread_cond_timedwait, (pthread_cond_t*, pthread_mutex_t*, const timespec*), (condition, mutex, until));
}
int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock, const timespec* until) {
  if (IN_SCENARIO) return Answering {
      } -> wait(condition, mutex, Patience::kTimed, WHERE);
  PASS_ON(int, pthread_cond_clockwait, (pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*),
          (condition, mutex, clock, until));
}
int pthread_cond_signal(pthread_cond_t* condition) noexcept {
  if (IN_SCENARIO) return Answering {
      } -> wake(condition, false, WHERE);
  PASS_ON(int, pthread_cond_signal, (pthread_cond_t*), (condition));
}
int pthread_cond_broadcast(pthread_cond_t* condition) noexcept {
  if (IN_SCENARIO) return Answering {
      } -> wake(condition, true, WHERE);
  PASS_ON(int, pthread_cond_broadcast, (pthread_cond_t*), (condition));
}

int pthread_rwlock_init(pthread_rwlock_t* lock, const pthread_rwlockattr_t* attributes) noexcept {
  if (engine != nullptr) engine->sync().forget(lock);
  PASS_ON(int, pthread_rwlock_init, (pthread_rwlock_t*, const pthread_rwlockattr_t*), (lock, attributes));
}
int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  if (IN_SCENARIO) return Answering {
      } -> read_lock(lock, Patience::kEndless, WHERE);
  PASS_ON(int, pthread_rwlock_rdlock, (pthread_rwlock_t*), (lock));
}
int pthread_rwlock_tryrdlock(pthread_rwlock_t* lock) noexcept {
  if (IN_SCENARIO) return Answering {
      } -> read_lock(lock, Patience::kNone, WHERE);
  PASS_ON(int, pthread_rwlock_tryrdlock, (pthread_rwlock_t*), (lock));
}
int pthread_rwlock_timedrdlock(pthread_rwlock_t* lock, const timespec* until) noexcept {
  if (IN_SCENARIO) return Answering {
      } -> read_lock(lock, Patience::kTimed, WHERE);
  PASS_ON(int, pthread_rwlock_timedrdlock, (pthread_rwlock_t*, const timespec*), (lock, until));
}
int pthread_rwlock_clockrdlock(pthread_rwlock_t* lock, clockid_t clock, const timespec* until) noexcept {
  if (IN_SCENARIO) return Answering {
      } -> read_lock(lock, Patience::kTimed, WHERE);
  PASS_ON(int, pthread_rwlock_clockrdlock, (pthread_rwlock_t*, clockid_t, const timespec*), (lock, clock, until));
}
int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  if (IN_SCENARIO) return Answering {
      } -> write_lock(lock, Patience::kEndless, WHERE);
  PASS_ON(int, pthread_rwlock_wrlock, (pthread_rwlock_t*), (lock));
}
int pthread_rwlock_trywrlock(pthread_rwlock_t* lock) noexcept {
  if (IN_SCENARIO) return Answering {
      } -> write_lock(lock, Patience::kNone, WHERE);
  PASS_ON(int, pthread_rwlock_trywrlock, (pthread_rwlock_t*), (lock));
}
int pthread_rwlock_timedwrlock(pthread_rwlock_t* lock, const timespec* until) noexcept {
  if (IN_SCENARIO) return Answering {
      } -> write_lock(lock, Patience::kTimed, WHERE);
  PASS_ON(int, pthread_rwlock_timedwrlock, (pthread_rwlock_t*, const timespec*), (lock, until));
}
int pthread_rwlock_clockwrlock(pthread_rwlock_t* lock, clockid_t clock, const timespec* until) noexcept {
  if (IN_SCENARIO) return Answering {
      } -> write_lock(lock, Patience::kTimed, WHERE);
  PASS_ON(int, pthread_rwlock_clockwrlock, (pthread_rwlock_t*, clockid_t, const timespec*), (lock, clock, until));
}
int pthread_rwlock_unlock(pthread_rwlock_t* lock) noexcept {
  if (IN_SCENARIO) return Answering {
      } -> unlock(lock, WHERE);
  PASS_ON(int, pthread_rwlock_unlock, (pthread_rwlock_t*), (lock));
}

int sem_init(sem_t* semaphore, int shared, unsigned value) noexcept {
  if (engine != nullptr) engine->sync().forget(semaphore);
  JUST_PASS_ON(int, sem_init, (sem_t*, int, unsigned), (semaphore, shared, value));
}
int sem_wait(sem_t* semaphore) {
  if (IN_SCENARIO)
    return with_errno(Answering {} -> take(semaphore, initial_value(semaphore), Patience::kEndless, WHERE));
  PASS_ON(int, sem_wait, (sem_t*), (semaphore));
}
int sem_trywait(sem_t* semaphore) noexcept {
  if (IN_SCENARIO) return with_errno(Answering {} -> take(semaphore, initial_value(semaphore), Patience::kNone, WHERE));
  PASS_ON(int, sem_trywait, (sem_t*), (semaphore));
}
int sem_timedwait(sem_t* semaphore, const timespec* until) {
  if (IN_SCENARIO)
    return with_errno(Answering {} -> take(semaphore, initial_value(semaphore), Patience::kTimed, WHERE));
  PASS_ON(int, sem_timedwait, (sem_t*, const timespec*), (semaphore, until));
}
int sem_clockwait(sem_t* semaphore, clockid_t clock, const timespec* until) {
  if (IN_SCENARIO)
    return with_errno(Answering {} -> take(semaphore, initial_value(semaphore), Patience::kTimed, WHERE));
  PASS_ON(int, sem_clockwait, (sem_t*, clockid_t, const timespec*), (semaphore, clock, until));
}
int sem_post(sem_t* semaphore) noexcept {
  if (IN_SCENARIO) return Answering {
      } -> give(semaphore, initial_value(semaphore), WHERE);
  PASS_ON(int, sem_post, (sem_t*), (semaphore));
}

int pthread_barrier_init(pthread_barrier_t* barrier, const pthread_barrierattr_t* attributes, unsigned count) noexcept {
  if (engine != nullptr) {
    engine->sync().forget(barrier);
    engine->sync().set_barrier(barrier, count);
  }
  JUST_PASS_ON(int, pthread_barrier_init, (pthread_barrier_t*, const pthread_barrierattr_t*, unsigned),
               (barrier, attributes, count));
}
int pthread_barrier_wait(pthread_barrier_t* barrier) noexcept {
  if (IN_SCENARIO) return Answering {
      } -> arrive(barrier, WHERE);
  PASS_ON(int, pthread_barrier_wait, (pthread_barrier_t*), (barrier));
}

int sched_yield() noexcept {
  if (IN_SCENARIO) {
    engine->yield(WHERE);
    return 0;
  }
  JUST_PASS_ON(int, sched_yield, (), ());
}
int nanosleep(const timespec* time, timespec* left) {
  if (IN_SCENARIO) {
    engine->yield(WHERE);
    return 0;
  }
  JUST_PASS_ON(int, nanosleep, (const timespec*, timespec*), (time, left));
}
int clock_nanosleep(clockid_t clock, int flags, const timespec* time, timespec* left) {
  if (IN_SCENARIO) {
    engine->yield(WHERE);
    return 0;
  }
  JUST_PASS_ON(int, clock_nanosleep, (clockid_t, int, const timespec*, timespec*), (clock, flags, time, left));
}
int usleep(useconds_t time) {
  if (IN_SCENARIO) {
    engine->yield(WHERE);
    return 0;
  }
  JUST_PASS_ON(int, usleep, (useconds_t), (time));
}
int clock_gettime(clockid_t clock, timespec* time) noexcept {
  if (IN_SCENARIO) {
    const std::uint64_t now = engine->now();
    *time = {static_cast<time_t>(now / 1'000'000'000), static_cast<long>(now % 1'000'000'000)};
    return 0;
  }
  JUST_PASS_ON(int, clock_gettime, (clockid_t, timespec*), (clock, time));
}

// std::atomic::wait and notify_one come down to this.
long syscall(long number, ...) noexcept {
  va_list rest;
  va_start(rest, number);
  long argument[6];
  for (long& one : argument) one = va_arg(rest, long);
  va_end(rest);
  if (IN_SCENARIO && number == SYS_futex) {
    auto* const word = reinterpret_cast<void*>(argument[0]);
    const auto value = static_cast<std::uint32_t>(argument[2]);
    switch (argument[1] & FUTEX_CMD_MASK) {
      case FUTEX_WAIT:
      case FUTEX_WAIT_BITSET:
        return with_errno(Answering {}
                          -> futex_wait(word, value, argument[3] != 0 ? Patience::kTimed : Patience::kEndless, WHERE));
      case FUTEX_WAKE:
      case FUTEX_WAKE_BITSET:
        return Answering {
          } -> futex_wake(word, static_cast<int>(argument[2]), WHERE);
      default:
        engine->refuse("futex", WHERE);
    }
  }
  long result = 0;
  register long r10 asm("r10") = argument[3];
  register long r8 asm("r8") = argument[4];
  register long r9 asm("r9") = argument[5];
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(argument[0]), "S"(argument[1]), "d"(argument[2]), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  if (result < 0 && result > -4096) {
    errno = static_cast<int>(-result);
    return -1;
  }
  return result;
}

}  // extern "C"
