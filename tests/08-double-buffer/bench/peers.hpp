#pragma once

#include <pthread.h>
#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

#include "buffers.hpp"
#include "shm/error.hpp"
#include "shm/mapping.hpp"

/// What runs side by side, all behind one interface: write and read a value, in shared memory.
namespace bench {

template <std::size_t kBytes>
using Value = std::array<std::uint64_t, kBytes / sizeof(std::uint64_t)>;

/// Shared memory without a name.
inline shm::Mapping anonymous_shared(std::size_t size) {
  void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (address == MAP_FAILED) shm::throw_error(errno, "mmap");
  return {address, size};
}

/// The lab's.
template <lab::Kind kKind, std::size_t kBytes>
class Ours {
 public:
  void write(const Value<kBytes>& value) {
    const auto bytes = std::as_bytes(std::span{value});
    kKind == lab::Kind::kTriple ? lab::triple::write(buffer_, bytes) : lab::seqlock::write(buffer_, bytes);
  }
  void read(Value<kBytes>& value) {
    const auto bytes = std::as_writable_bytes(std::span{value});
    kKind == lab::Kind::kTriple ? lab::triple::read(buffer_, bytes) : lab::seqlock::read(buffer_, bytes);
  }

 private:
  shm::Mapping memory_ = anonymous_shared(lab::bytes_for(kKind, kBytes));
  lab::Buffer buffer_ = lab::create(memory_.bytes(), kKind, kBytes);
};

/// One value under a lock that processes share.
template <typename Lock, std::size_t kBytes>
class Locked {
 public:
  Locked() { shared().lock.make(); }
  void write(const Value<kBytes>& value) {
    shared().lock.for_writing();
    shared().value = value;
    shared().lock.release();
  }
  void read(Value<kBytes>& value) {
    shared().lock.for_reading();
    value = shared().value;
    shared().lock.release();
  }

 private:
  struct Shared {
    alignas(64) Lock lock;
    alignas(64) Value<kBytes> value;
  };
  Shared& shared() { return *reinterpret_cast<Shared*>(memory_.data()); }
  shm::Mapping memory_ = anonymous_shared(sizeof(Shared));
};

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
