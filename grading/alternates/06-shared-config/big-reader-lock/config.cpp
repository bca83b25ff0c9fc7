// The lock: a reader takes one of four robust mutexes, a writer takes them all, so that a death is noticed. Without a
// lock: four copies, each with its own number, which is 0 while the copy is written.
#include "config.hpp"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
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

constexpr std::size_t kCopies = 4;

void check(int error, const char* call) {
  if (error != 0) shm::throw_error(error, call);
}

void require(bool it_is_so, const char* call, const std::string& value) {
  if (!it_is_so) shm::throw_error(EINVAL, call, value);
}

void require_memory(const char* call, std::span<std::byte> memory, std::size_t needed) {
  require(memory.data() != nullptr, call, "no memory");
  require(reinterpret_cast<std::uintptr_t>(memory.data()) % shm::kCacheLine == 0, call, "memory out of line");
  require(memory.size() >= needed, call, std::to_string(memory.size()) + " bytes");
}

void require_words(const char* call, std::size_t words) {
  require(words >= 1 && words <= kMostWords, call, std::to_string(words) + " words");
}

void require_identity(const char* call, std::span<std::byte> memory, std::uint64_t magic, std::size_t words) {
  require_memory(call, memory, sizeof(Identity));
  require_words(call, words);
  const auto& identity = *reinterpret_cast<Identity*>(memory.data());
  require(identity.magic == magic, call, "another magic number");
  require(identity.layout == kLayout, call, "another layout");
  require(identity.words == words, call, std::to_string(identity.words) + " words");
}

/// A mutex whose owner may die.
struct Seat {
  pthread_mutex_t mutex;

  void make() {
    pthread_mutexattr_t attributes;
    check(::pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
    ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    const int error = ::pthread_mutex_init(&mutex, &attributes);
    ::pthread_mutexattr_destroy(&attributes);
    check(error, "pthread_mutex_init");
  }
  bool accept(int error) {
    if (error == ETIMEDOUT || error == EBUSY) return false;
    if (error == EOWNERDEAD) error = ::pthread_mutex_consistent(&mutex);
    check(error, "pthread_mutex_lock");
    return true;
  }
  bool take(shm::Deadline deadline) {
    timespec until{};  // pthread_mutex_timedlock reads the time of day
    ::clock_gettime(CLOCK_REALTIME, &until);
    const long left = static_cast<long>(std::chrono::nanoseconds{deadline.remaining()}.count()) + until.tv_nsec;
    until.tv_sec += left / 1'000'000'000;
    until.tv_nsec = left % 1'000'000'000;
    return accept(::pthread_mutex_timedlock(&mutex, &until));
  }
  bool try_take() { return accept(::pthread_mutex_trylock(&mutex)); }
  void leave() { ::pthread_mutex_unlock(&mutex); }
};

struct Copy {
  std::atomic<Version> number;
  std::array<std::atomic<Word>, kMostWords> words;
};

struct RwState {
  Identity identity;
  Seat door;  // held by a writer, also while it waits
  std::array<Seat, 4> seats;
  std::atomic<Version> version;
  std::array<std::array<Word, kMostWords>, 2> copies;  // a writer that dies leaves the newest as it is

  static RwState& of(const RwConfig& config) { return *reinterpret_cast<RwState*>(config.memory().data()); }
};

struct SeqState {
  Identity identity;
  Seat writer;
  std::atomic<Version> newest;
  std::array<Copy, kCopies> copies;

  static SeqState& of(const SeqConfig& config) { return *reinterpret_cast<SeqState*>(config.memory().data()); }
};

Seat& sit_down(RwState& state, shm::Deadline deadline) {
  if (!state.door.take(deadline)) check(ETIMEDOUT, "a writer is in there, or waits");
  const AtTheEnd open{[&] { state.door.leave(); }};
  for (Seat& seat : state.seats) {
    if (seat.try_take()) return seat;
  }
  if (!state.seats[0].take(deadline)) check(ETIMEDOUT, "no seat is free");
  return state.seats[0];
}

}  // namespace

std::size_t RwConfig::bytes_for(std::size_t words) {
  require_words("RwConfig::bytes_for", words);
  return sizeof(RwState);
}

RwConfig RwConfig::create(std::span<std::byte> memory, std::span<const Word> initial) {
  require_memory("RwConfig::create", memory, bytes_for(initial.size()));
  const RwConfig config{memory};
  RwState& state = RwState::of(config);
  state.identity.magic = 0;
  state.identity.layout = kLayout;
  state.identity.words = initial.size();
  state.door.make();
  for (Seat& seat : state.seats) seat.make();
  std::ranges::copy(initial, state.copies[1].begin());
  state.version = 1;
  state.identity.magic = kRwMagic;
  return config;
}

RwConfig RwConfig::attach(std::span<std::byte> memory, std::size_t words) {
  require_identity("RwConfig::attach", memory, kRwMagic, words);
  require_memory("RwConfig::attach", memory, sizeof(RwState));
  return RwConfig{memory};
}

void RwConfig::visit(const Visitor& look, shm::Deadline deadline) const {
  RwState& state = RwState::of(*this);
  Seat& seat = sit_down(state, deadline);
  const AtTheEnd stand_up{[&] { seat.leave(); }};
  const Version version = state.version;
  look(std::span{state.copies[version % 2]}.first(identity().words), version);
}

Version RwConfig::read(std::span<Word> settings, shm::Deadline deadline) const {
  require(settings.size() == identity().words, "RwConfig::read", std::to_string(settings.size()) + " words");
  RwState& state = RwState::of(*this);
  Seat& seat = sit_down(state, deadline);
  const Version version = state.version;
  std::copy_n(state.copies[version % 2].begin(), settings.size(), settings.begin());
  seat.leave();
  return version;
}

Version RwConfig::write(std::span<const Word> settings, shm::Deadline deadline) const {
  require(settings.size() == identity().words, "RwConfig::write", std::to_string(settings.size()) + " words");
  RwState& state = RwState::of(*this);
  if (!state.door.take(deadline)) check(ETIMEDOUT, "another writer is in there");
  std::size_t taken = 0;
  while (taken < state.seats.size() && state.seats[taken].take(deadline)) ++taken;
  Version next = 0;
  if (taken == state.seats.size()) {
    next = state.version + 1;
    std::ranges::copy(settings, state.copies[next % 2].begin());
    state.version = next;
  }
  while (taken > 0) state.seats[--taken].leave();
  state.door.leave();
  if (next == 0) check(ETIMEDOUT, "a reader is in there");
  return next;
}

std::size_t SeqConfig::bytes_for(std::size_t words) {
  require_words("SeqConfig::bytes_for", words);
  return sizeof(SeqState);
}

SeqConfig SeqConfig::create(std::span<std::byte> memory, std::span<const Word> initial) {
  require_memory("SeqConfig::create", memory, bytes_for(initial.size()));
  const SeqConfig config{memory};
  SeqState& state = SeqState::of(config);
  state.identity.magic = 0;
  state.identity.layout = kLayout;
  state.identity.words = initial.size();
  state.writer.make();
  for (Copy& copy : state.copies) copy.number = 0;
  for (std::size_t i = 0; i < initial.size(); ++i) state.copies[1].words[i] = initial[i];
  state.copies[1].number = 1;
  state.newest = 1;
  state.identity.magic = kSeqMagic;
  return config;
}

SeqConfig SeqConfig::attach(std::span<std::byte> memory, std::size_t words) {
  require_identity("SeqConfig::attach", memory, kSeqMagic, words);
  require_memory("SeqConfig::attach", memory, sizeof(SeqState));
  return SeqConfig{memory};
}

Version SeqConfig::read(std::span<Word> settings) const {
  require(settings.size() == identity().words, "SeqConfig::read", std::to_string(settings.size()) + " words");
  const SeqState& state = SeqState::of(*this);
  for (;;) {
    const Version version = state.newest.load(std::memory_order_acquire);
    const Copy& copy = state.copies[version % kCopies];
    for (std::size_t i = 0; i < settings.size(); ++i) settings[i] = copy.words[i].load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (copy.number.load(std::memory_order_relaxed) == version) return version;
  }
}

Version SeqConfig::write(std::span<const Word> settings) const {
  require(settings.size() == identity().words, "SeqConfig::write", std::to_string(settings.size()) + " words");
  SeqState& state = SeqState::of(*this);
  const bool alone = state.writer.accept(::pthread_mutex_lock(&state.writer.mutex));
  require(alone, "pthread_mutex_lock", "no lock");
  const Version next = state.newest.load(std::memory_order_relaxed) + 1;
  Copy& copy = state.copies[next % kCopies];
  copy.number.store(0, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  for (std::size_t i = 0; i < settings.size(); ++i) copy.words[i].store(settings[i], std::memory_order_relaxed);
  copy.number.store(next, std::memory_order_release);
  state.newest.store(next, std::memory_order_release);
  ::syscall(SYS_futex, &state.newest, FUTEX_WAKE_BITSET, 1 << 30, nullptr, nullptr, FUTEX_BITSET_MATCH_ANY);
  state.writer.leave();
  return next;
}

Version SeqConfig::wait_newer(Version known, shm::Deadline deadline) const {
  SeqState& state = SeqState::of(*this);
  Version seen = state.newest;
  while (seen <= known && !deadline.passed()) {
    const auto slice = std::min<shm::Deadline::Clock::duration>(deadline.remaining(), kPatience);
    const auto time = std::chrono::nanoseconds{slice}.count();
    const timespec relative{.tv_sec = time / 1'000'000'000, .tv_nsec = time % 1'000'000'000};
    ::syscall(SYS_futex, &state.newest, FUTEX_WAIT, static_cast<std::uint32_t>(seen), &relative, nullptr, 0);
    seen = state.newest;
  }
  return seen;
}

}  // namespace lab
