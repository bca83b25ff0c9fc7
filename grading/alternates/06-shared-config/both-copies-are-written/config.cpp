// The latch of the Linux kernel (seqcount_latch): one number, whose parity says which copy is whole; a write changes
// both copies, one after the other. What a dead writer has left is repaired by the next one.
#include "config.hpp"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "shm/error.hpp"

namespace lab {
namespace {

/// Calls a function at the end of its life.
template <typename Function>
class AtTheEnd {
 public:
  explicit AtTheEnd(Function function) : function_{function} {}
  AtTheEnd(const AtTheEnd&) = delete;
  AtTheEnd& operator=(const AtTheEnd&) = delete;
  ~AtTheEnd() { function_(); }

 private:
  Function function_;
};

using Atomic = std::atomic<std::uint64_t>;

void check(int error, const char* call) {
  if (error != 0) shm::throw_error(error, call);
}

[[noreturn]] void refuse(const char* call, const std::string& value) { shm::throw_error(EINVAL, call, value); }

std::span<std::byte> usable(const char* call, std::span<std::byte> memory, std::size_t needed) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  if (address == 0 || address % shm::kCacheLine != 0) refuse(call, "memory at " + std::to_string(address));
  if (memory.size() < needed) refuse(call, std::to_string(memory.size()) + " bytes");
  return memory;
}

void found(const char* call, std::span<std::byte> memory, std::uint64_t magic, std::size_t words) {
  const auto& identity = *reinterpret_cast<Identity*>(usable(call, memory, sizeof(Identity)).data());
  if (identity.magic.load(std::memory_order_acquire) != magic) refuse(call, "another magic number");
  if (identity.layout != kLayout) refuse(call, "layout " + std::to_string(identity.layout));
  if (identity.words != words) refuse(call, std::to_string(words) + " words");
}

void same(const char* call, const Identity& identity, std::size_t words) {
  if (identity.words != words) refuse(call, std::to_string(words) + " of " + std::to_string(identity.words) + " words");
}

struct Locked {
  Identity identity;
  pthread_rwlock_t lock;
  Word version_and_words[1 + kMostWords];
};

/// pthread_rwlock_timed*lock read the time of day, which may be set: so in slices.
template <typename Lock>
void lock_until(pthread_rwlock_t& lock, shm::Deadline deadline, Lock timed) {
  int error = ETIMEDOUT;
  do {
    timespec until{};
    ::clock_gettime(CLOCK_REALTIME, &until);
    const auto slice = std::min<shm::Deadline::Clock::duration>(deadline.remaining(), std::chrono::milliseconds{500});
    until.tv_nsec += static_cast<long>(std::chrono::nanoseconds{slice}.count());
    until.tv_sec += until.tv_nsec / 1'000'000'000;
    until.tv_nsec %= 1'000'000'000;
    error = timed(&lock, &until);
  } while (error == ETIMEDOUT && !deadline.passed());
  check(error, "pthread_rwlock_timedlock");
}

struct Latch {
  Identity identity;
  pthread_mutex_t writers;
  Atomic sequence;  // twice the version while copy 0 is whole; one more while copy 1 is, and copy 0 is written
  Atomic copies[2][kMostWords];
};

Latch& latch_of(const SeqConfig& config) { return *reinterpret_cast<Latch*>(config.memory().data()); }
Locked& locked_of(const RwConfig& config) { return *reinterpret_cast<Locked*>(config.memory().data()); }

void fill(Latch& latch, int copy, std::span<const Word> settings) {
  std::atomic_thread_fence(std::memory_order_release);
  for (std::size_t i = 0; i < settings.size(); ++i) latch.copies[copy][i].store(settings[i], std::memory_order_relaxed);
}

/// Copy 0 is what is read while the number is even: then copy 1 may be half of a version.
void repair(Latch& latch) {
  if (latch.sequence.load(std::memory_order_relaxed) % 2 == 1) return;  // copy 0 is written next, whatever is in it
  Word settings[kMostWords];
  for (std::size_t i = 0; i < latch.identity.words; ++i)
    settings[i] = latch.copies[0][i].load(std::memory_order_relaxed);
  fill(latch, 1, {settings, latch.identity.words});
}

}  // namespace

std::size_t RwConfig::bytes_for(std::size_t words) {
  if (words == 0 || words > kMostWords) refuse("RwConfig::bytes_for", std::to_string(words) + " words");
  return sizeof(Locked);
}

RwConfig RwConfig::create(std::span<std::byte> memory, std::span<const Word> initial) {
  auto& locked = *reinterpret_cast<Locked*>(usable("RwConfig::create", memory, bytes_for(initial.size())).data());
  locked.identity.magic.store(0);
  pthread_rwlockattr_t attributes;
  check(::pthread_rwlockattr_init(&attributes), "pthread_rwlockattr_init");
  ::pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
  ::pthread_rwlockattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  const int error = ::pthread_rwlock_init(&locked.lock, &attributes);
  ::pthread_rwlockattr_destroy(&attributes);
  check(error, "pthread_rwlock_init");
  locked.identity.layout = kLayout;
  locked.identity.words = initial.size();
  locked.version_and_words[0] = 1;
  std::copy(initial.begin(), initial.end(), locked.version_and_words + 1);
  locked.identity.magic.store(kRwMagic);
  return RwConfig{memory};
}

RwConfig RwConfig::attach(std::span<std::byte> memory, std::size_t words) {
  found("RwConfig::attach", memory, kRwMagic, words);
  return RwConfig{usable("RwConfig::attach", memory, bytes_for(words))};
}

Version RwConfig::read(std::span<Word> settings, shm::Deadline deadline) const {
  same("RwConfig::read", identity(), settings.size());
  Locked& locked = locked_of(*this);
  lock_until(locked.lock, deadline, ::pthread_rwlock_timedrdlock);
  const Version version = locked.version_and_words[0];
  std::copy_n(locked.version_and_words + 1, settings.size(), settings.begin());
  ::pthread_rwlock_unlock(&locked.lock);
  return version;
}

void RwConfig::visit(const Visitor& look, shm::Deadline deadline) const {
  Locked& locked = locked_of(*this);
  lock_until(locked.lock, deadline, ::pthread_rwlock_timedrdlock);
  const AtTheEnd at_the_end{[&] { ::pthread_rwlock_unlock(&locked.lock); }};
  look({locked.version_and_words + 1, identity().words}, locked.version_and_words[0]);
}

Version RwConfig::write(std::span<const Word> settings, shm::Deadline deadline) const {
  same("RwConfig::write", identity(), settings.size());
  Locked& locked = locked_of(*this);
  lock_until(locked.lock, deadline, ::pthread_rwlock_timedwrlock);
  const Version version = ++locked.version_and_words[0];
  std::copy(settings.begin(), settings.end(), locked.version_and_words + 1);
  ::pthread_rwlock_unlock(&locked.lock);
  return version;
}

std::size_t SeqConfig::bytes_for(std::size_t words) {
  if (words == 0 || words > kMostWords) refuse("SeqConfig::bytes_for", std::to_string(words) + " words");
  return sizeof(Latch);
}

SeqConfig SeqConfig::create(std::span<std::byte> memory, std::span<const Word> initial) {
  auto& latch = *reinterpret_cast<Latch*>(usable("SeqConfig::create", memory, bytes_for(initial.size())).data());
  latch.identity.magic.store(0);
  pthread_mutexattr_t attributes;
  check(::pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
  ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  const int error = ::pthread_mutex_init(&latch.writers, &attributes);
  ::pthread_mutexattr_destroy(&attributes);
  check(error, "pthread_mutex_init");
  latch.identity.layout = kLayout;
  latch.identity.words = initial.size();
  latch.sequence.store(2);
  fill(latch, 0, initial);
  fill(latch, 1, initial);
  latch.identity.magic.store(kSeqMagic);
  return SeqConfig{memory};
}

SeqConfig SeqConfig::attach(std::span<std::byte> memory, std::size_t words) {
  found("SeqConfig::attach", memory, kSeqMagic, words);
  return SeqConfig{usable("SeqConfig::attach", memory, bytes_for(words))};
}

Version SeqConfig::read(std::span<Word> settings) const {
  same("SeqConfig::read", identity(), settings.size());
  Latch& latch = latch_of(*this);
  std::uint64_t sequence = 0;
  do {
    sequence = latch.sequence.load(std::memory_order_acquire);
    const auto& copy = latch.copies[sequence % 2];
    for (std::size_t i = 0; i < settings.size(); ++i) settings[i] = copy[i].load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
  } while (latch.sequence.load(std::memory_order_relaxed) != sequence);
  return sequence / 2;
}

Version SeqConfig::write(std::span<const Word> settings) const {
  same("SeqConfig::write", identity(), settings.size());
  Latch& latch = latch_of(*this);
  int error = ::pthread_mutex_lock(&latch.writers);
  if (error == EOWNERDEAD) {
    repair(latch);
    error = ::pthread_mutex_consistent(&latch.writers);
  }
  check(error, "pthread_mutex_lock");
  const std::uint64_t odd = latch.sequence.load(std::memory_order_relaxed) | 1;
  latch.sequence.store(odd, std::memory_order_release);
  fill(latch, 0, settings);
  latch.sequence.store(odd + 1, std::memory_order_release);
  fill(latch, 1, settings);
  ::pthread_mutex_unlock(&latch.writers);
  ::syscall(SYS_futex, &latch.sequence, FUTEX_WAKE, 1 << 30, nullptr, nullptr, 0);
  return (odd + 1) / 2;
}

Version SeqConfig::wait_newer(Version known, shm::Deadline deadline) const {
  Latch& latch = latch_of(*this);
  for (;;) {
    const std::uint64_t sequence = latch.sequence.load(std::memory_order_acquire);
    if (sequence / 2 > known || deadline.passed()) return sequence / 2;
    const auto slice = std::min<shm::Deadline::Clock::duration>(deadline.remaining(), kPatience);
    const timespec until = shm::Deadline::after(slice).as_timespec();
    ::syscall(SYS_futex, &latch.sequence, FUTEX_WAIT_BITSET, static_cast<std::uint32_t>(sequence), &until, nullptr,
              FUTEX_BITSET_MATCH_ANY);
  }
}

}  // namespace lab
