#pragma once

#include <pthread.h>

/// Locks that processes share, both with the same three calls.
namespace bench {

struct Mutex {
  pthread_mutex_t mutex;

  void make() {
    pthread_mutexattr_t attributes;
    ::pthread_mutexattr_init(&attributes);
    ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    ::pthread_mutex_init(&mutex, &attributes);
    ::pthread_mutexattr_destroy(&attributes);
  }
  void for_writing() { ::pthread_mutex_lock(&mutex); }
  void for_reading() { ::pthread_mutex_lock(&mutex); }
  void release() { ::pthread_mutex_unlock(&mutex); }
};

/// Of the default kind: readers first.
struct ReadWriteLock {
  pthread_rwlock_t lock;

  void make() {
    pthread_rwlockattr_t attributes;
    ::pthread_rwlockattr_init(&attributes);
    ::pthread_rwlockattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    ::pthread_rwlock_init(&lock, &attributes);
    ::pthread_rwlockattr_destroy(&attributes);
  }
  void for_writing() { ::pthread_rwlock_wrlock(&lock); }
  void for_reading() { ::pthread_rwlock_rdlock(&lock); }
  void release() { ::pthread_rwlock_unlock(&lock); }
};

}  // namespace bench
