// No fence and no rwlock: each word is stored with release and loaded with acquire, and the lock is a mutex, two
// counters and two condition variables.
#include "config.hpp"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "shm/error.hpp"

namespace lab {
namespace {

void check(int error, const char* call) {
  if (error != 0) shm::throw_error(error, call);
}

[[noreturn]] void refuse(const char* call, const std::string& value) { shm::throw_error(EINVAL, call, value); }

std::size_t checked(const char* call, std::size_t words) {
  if (words < 1 || words > kMostWords) refuse(call, std::to_string(words) + " words");
  return words;
}

void check_place(const char* call, std::span<std::byte> memory, std::size_t needed) {
  if (memory.data() == nullptr) refuse(call, "nullptr");
  if (reinterpret_cast<std::uintptr_t>(memory.data()) % shm::kCacheLine != 0)
    refuse(call, "memory that is not aligned");
  if (memory.size() < needed) refuse(call, std::to_string(memory.size()) + " bytes");
}

void check_found(const char* call, std::span<std::byte> memory, std::uint64_t magic, std::size_t words) {
  check_place(call, memory, sizeof(Identity));
  const auto& identity = *reinterpret_cast<Identity*>(memory.data());
  if (identity.magic.load(std::memory_order_acquire) != magic) refuse(call, "another magic number");
  if (identity.layout != kLayout) refuse(call, "another layout");
  if (identity.words != words || words < 1 || words > kMostWords) refuse(call, std::to_string(words) + " words");
}

void check_size(const char* call, const Identity& identity, std::size_t words) {
  if (identity.words != words)
    refuse(call, std::to_string(words) + " for " + std::to_string(identity.words) + " words");
}

// pthread_mutex_timedlock reads the time of day.
timespec by_the_wall_clock(shm::Deadline deadline) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const long left = static_cast<long>(std::chrono::nanoseconds{deadline.remaining()}.count()) + now.tv_nsec;
  return {.tv_sec = now.tv_sec + left / 1'000'000'000, .tv_nsec = left % 1'000'000'000};
}

struct HandMade {
  Identity identity;
  pthread_mutex_t mutex;
  pthread_cond_t to_read;
  pthread_cond_t to_write;
  unsigned readers;
  unsigned writers_waiting;
  bool is_written;
  Version version;
  Word words[kMostWords];

  static HandMade& of(const RwConfig& config) { return *reinterpret_cast<HandMade*>(config.memory().data()); }
  void lock(shm::Deadline deadline) {
    const timespec until = by_the_wall_clock(deadline);
    check(::pthread_mutex_timedlock(&mutex, &until), "pthread_mutex_timedlock");
  }
  void unlock() { ::pthread_mutex_unlock(&mutex); }
};

void make(pthread_cond_t& condition) {
  pthread_condattr_t attributes;
  check(::pthread_condattr_init(&attributes), "pthread_condattr_init");
  ::pthread_condattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ::pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  const int error = ::pthread_cond_init(&condition, &attributes);
  ::pthread_condattr_destroy(&attributes);
  check(error, "pthread_cond_init");
}

void make(pthread_mutex_t& mutex, int robustness) {
  pthread_mutexattr_t attributes;
  check(::pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
  ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ::pthread_mutexattr_setrobust(&attributes, robustness);
  const int error = ::pthread_mutex_init(&mutex, &attributes);
  ::pthread_mutexattr_destroy(&attributes);
  check(error, "pthread_mutex_init");
}

struct Unversioned {
  Identity identity;
  pthread_mutex_t writers;
  std::atomic<Version> version;
  std::atomic<std::uint32_t> bell;
  Word copies[2][kMostWords];

  static Unversioned& of(const SeqConfig& config) { return *reinterpret_cast<Unversioned*>(config.memory().data()); }
};

template <typename State>
State& begin(std::span<std::byte> memory, std::size_t words) {
  auto& state = *reinterpret_cast<State*>(memory.data());
  __atomic_store_n(reinterpret_cast<std::uint64_t*>(&state.identity.magic), 0, __ATOMIC_SEQ_CST);
  std::memset(memory.data() + sizeof(std::uint64_t), 0, sizeof(State) - sizeof(std::uint64_t));
  state.identity.layout = kLayout;
  state.identity.words = words;
  return state;
}

}  // namespace

std::size_t RwConfig::bytes_for(std::size_t words) {
  static_cast<void>(checked("RwConfig::bytes_for", words));
  return sizeof(HandMade);
}

RwConfig RwConfig::create(std::span<std::byte> memory, std::span<const Word> initial) {
  check_place("RwConfig::create", memory, bytes_for(initial.size()));
  HandMade& state = begin<HandMade>(memory, initial.size());
  make(state.mutex, PTHREAD_MUTEX_STALLED);
  make(state.to_read);
  make(state.to_write);
  state.version = 1;
  std::ranges::copy(initial, state.words);
  state.identity.magic.store(kRwMagic, std::memory_order_release);
  return RwConfig{memory};
}

RwConfig RwConfig::attach(std::span<std::byte> memory, std::size_t words) {
  check_found("RwConfig::attach", memory, kRwMagic, words);
  check_place("RwConfig::attach", memory, sizeof(HandMade));
  return RwConfig{memory};
}

Version RwConfig::read(std::span<Word> settings, shm::Deadline deadline) const {
  check_size("RwConfig::read", identity(), settings.size());
  Version seen = 0;
  visit(
      [&](std::span<const Word> words, Version version) {
        std::ranges::copy(words, settings.begin());
        seen = version;
      },
      deadline);
  return seen;
}

void RwConfig::visit(const Visitor& look, shm::Deadline deadline) const {
  HandMade& state = HandMade::of(*this);
  const timespec until = deadline.as_timespec();
  state.lock(deadline);
  int error = 0;
  while (error == 0 && (state.is_written || state.writers_waiting > 0)) {
    error = ::pthread_cond_timedwait(&state.to_read, &state.mutex, &until);
  }
  if (error == 0) ++state.readers;
  state.unlock();
  check(error, "pthread_cond_timedwait");
  const auto leave = [&] {
    state.lock(shm::Deadline::after(std::chrono::hours{24}));
    if (--state.readers == 0) ::pthread_cond_broadcast(&state.to_write);
    state.unlock();
  };
  try {
    look({state.words, state.identity.words}, state.version);
  } catch (...) {
    leave();
    throw;
  }
  leave();
}

Version RwConfig::write(std::span<const Word> settings, shm::Deadline deadline) const {
  check_size("RwConfig::write", identity(), settings.size());
  HandMade& state = HandMade::of(*this);
  const timespec until = deadline.as_timespec();
  state.lock(deadline);
  ++state.writers_waiting;
  int error = 0;
  while (error == 0 && (state.is_written || state.readers > 0)) {
    error = ::pthread_cond_timedwait(&state.to_write, &state.mutex, &until);
  }
  --state.writers_waiting;
  Version next = 0;
  if (error == 0) {
    state.is_written = true;
    std::ranges::copy(settings, state.words);
    next = ++state.version;
    state.is_written = false;
  }
  ::pthread_cond_broadcast(&state.to_read);
  ::pthread_cond_broadcast(&state.to_write);
  state.unlock();
  check(error, "pthread_cond_timedwait");
  return next;
}

std::size_t SeqConfig::bytes_for(std::size_t words) {
  static_cast<void>(checked("SeqConfig::bytes_for", words));
  return sizeof(Unversioned);
}

SeqConfig SeqConfig::create(std::span<std::byte> memory, std::span<const Word> initial) {
  check_place("SeqConfig::create", memory, bytes_for(initial.size()));
  Unversioned& state = begin<Unversioned>(memory, initial.size());
  make(state.writers, PTHREAD_MUTEX_ROBUST);
  std::ranges::copy(initial, state.copies[1]);
  state.version.store(1);
  state.identity.magic.store(kSeqMagic, std::memory_order_release);
  return SeqConfig{memory};
}

SeqConfig SeqConfig::attach(std::span<std::byte> memory, std::size_t words) {
  check_found("SeqConfig::attach", memory, kSeqMagic, words);
  check_place("SeqConfig::attach", memory, sizeof(Unversioned));
  return SeqConfig{memory};
}

Version SeqConfig::read(std::span<Word> settings) const {
  check_size("SeqConfig::read", identity(), settings.size());
  const Unversioned& state = Unversioned::of(*this);
  for (Version seen = state.version.load(std::memory_order_acquire);;) {
    for (std::size_t i = 0; i < settings.size(); ++i) {
      settings[i] = __atomic_load_n(&state.copies[seen & 1][i], __ATOMIC_ACQUIRE);
    }
    const Version now = state.version.load(std::memory_order_acquire);
    if (now == seen) return seen;
    seen = now;
  }
}

Version SeqConfig::write(std::span<const Word> settings) const {
  check_size("SeqConfig::write", identity(), settings.size());
  Unversioned& state = Unversioned::of(*this);
  const int error = ::pthread_mutex_lock(&state.writers);
  if (error == EOWNERDEAD) {
    check(::pthread_mutex_consistent(&state.writers), "pthread_mutex_consistent");
  } else {
    check(error, "pthread_mutex_lock");
  }
  const Version next = state.version.load(std::memory_order_relaxed) + 1;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    __atomic_store_n(&state.copies[next & 1][i], settings[i], __ATOMIC_RELEASE);
  }
  state.version.store(next, std::memory_order_release);
  state.bell.fetch_add(1, std::memory_order_release);
  ::syscall(SYS_futex, &state.bell, FUTEX_WAKE, 1 << 30, nullptr, nullptr, 0);
  ::pthread_mutex_unlock(&state.writers);
  return next;
}

Version SeqConfig::wait_newer(Version known, shm::Deadline deadline) const {
  Unversioned& state = Unversioned::of(*this);
  for (;;) {
    const std::uint32_t rung = state.bell.load(std::memory_order_acquire);
    const Version seen = state.version.load(std::memory_order_acquire);
    if (seen > known || deadline.passed()) return seen;
    const auto time =
        std::chrono::nanoseconds{std::min<shm::Deadline::Clock::duration>(deadline.remaining(), kPatience / 2)};
    const timespec relative{.tv_sec = 0, .tv_nsec = time.count()};
    ::syscall(SYS_futex, &state.bell, FUTEX_WAIT, rung, &relative, nullptr, 0);
  }
}

}  // namespace lab
