#include "config.hpp"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string>
#include <string_view>

#include "shm/error.hpp"
#include "shm/not_implemented.hpp"

#pragma GCC diagnostic ignored "-Wunused-parameter"  // a step that is not written yet uses none of its own

namespace lab {
namespace {

/// Throws for a call that returns its error.
[[maybe_unused]] void require_success(int error, std::string_view call) {
  if (error != 0) shm::throw_error(error, call);
}

[[noreturn, maybe_unused]] void refuse(std::string_view call, const std::string& value) {
  shm::throw_error(EINVAL, call, value);
}

// ---- Step 1: what both kinds have in common ------------------------------------------------------------------------

/// Throws for a number of words that settings can't have.
[[maybe_unused]] void require_words(std::string_view call, std::size_t words) {
  if (words == 0 || words > kMostWords) refuse(call, std::to_string(words) + " words");
}

/// Throws for memory that nothing of ours can lie in, by its place and size.
[[maybe_unused]] void require_place(std::string_view call, std::span<std::byte> memory, std::size_t bytes) {
  if (memory.data() == nullptr) refuse(call, "null memory");
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  if (address % shm::kCacheLine != 0) refuse(call, "memory not aligned to " + std::to_string(shm::kCacheLine));
  if (memory.size() < bytes) refuse(call, std::to_string(memory.size()) + " bytes of memory");
}

/// Throws unless such settings lie in the memory, by magic, layout and words; the caller checks how many bytes it has.
[[maybe_unused]] void require_identity(std::string_view call, std::span<std::byte> memory, std::uint64_t magic,
                                       std::size_t words) {
  require_place(call, memory, sizeof(Identity));
  const auto& identity = *reinterpret_cast<const Identity*>(memory.data());
  if (identity.magic.load(std::memory_order_acquire) != magic) refuse(call, "memory without such settings");
  if (identity.layout != kLayout) refuse(call, "layout " + std::to_string(identity.layout));
  if (identity.words != words) refuse(call, "settings of " + std::to_string(identity.words) + " words");
  require_words(call, words);
}

/// Throws for settings of another size.
[[maybe_unused]] void require_size(std::string_view call, const Identity& identity, std::size_t words) {
  if (words == identity.words) return;
  refuse(call, std::to_string(words) + " words, not " + std::to_string(identity.words));
}

// ---- Steps 1 to 3: behind a lock -----------------------------------------------------------------------------------

/// What lies in the memory of an RwConfig. All behind the lock is under it.
struct alignas(shm::kCacheLine) RwState {
  Identity identity;
  pthread_rwlock_t lock;
  Version version;

  Word* words() { return reinterpret_cast<Word*>(this + 1); }
};

[[maybe_unused]] RwState& state_of(const RwConfig& config) {
  return *reinterpret_cast<RwState*>(config.memory().data());
}

/// Makes a lock that processes share, and that lets no reader in while a writer waits.
[[maybe_unused]] void make_lock(pthread_rwlock_t& lock) {
  pthread_rwlockattr_t attributes;
  require_success(::pthread_rwlockattr_init(&attributes), "pthread_rwlockattr_init");
  ::pthread_rwlockattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ::pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
  const int error = ::pthread_rwlock_init(&lock, &attributes);
  ::pthread_rwlockattr_destroy(&attributes);
  require_success(error, "pthread_rwlock_init");
}

[[maybe_unused]] void lock_to_read(pthread_rwlock_t& lock, shm::Deadline deadline) {
  const timespec until = deadline.as_timespec();
  require_success(::pthread_rwlock_clockrdlock(&lock, CLOCK_MONOTONIC, &until), "pthread_rwlock_clockrdlock");
}

[[maybe_unused]] void lock_to_write(pthread_rwlock_t& lock, shm::Deadline deadline) {
  const timespec until = deadline.as_timespec();
  require_success(::pthread_rwlock_clockwrlock(&lock, CLOCK_MONOTONIC, &until), "pthread_rwlock_clockwrlock");
}

/// Gives back at its end, however that comes, a lock that somebody has taken before.
class Unlocking {
 public:
  explicit Unlocking(pthread_rwlock_t& lock) : lock_{lock} {}
  Unlocking(const Unlocking&) = delete;
  Unlocking& operator=(const Unlocking&) = delete;
  ~Unlocking() { ::pthread_rwlock_unlock(&lock_); }

 private:
  pthread_rwlock_t& lock_;
};

// ---- Step 4: without a lock for readers ----------------------------------------------------------------------------

/// What lies in the memory of a SeqConfig: two copies of the settings. Version n is in copy n % 2, and the next one is
/// written to the other, so that the newest is never touched.
struct alignas(shm::kCacheLine) SeqState {
  Identity identity;
  pthread_mutex_t writers;                                // robust; one at a time
  alignas(shm::kCacheLine) std::atomic<Version> version;  // the newest; this one store publishes it

  std::atomic<Word>* copy(Version number) {
    constexpr std::size_t kWordsInALine = shm::kCacheLine / sizeof(Word);
    const std::size_t words = (identity.words + kWordsInALine - 1) / kWordsInALine * kWordsInALine;
    return reinterpret_cast<std::atomic<Word>*>(this + 1) + number % 2 * words;
  }
};
static_assert(std::atomic<Word>::is_always_lock_free, "a lock would live in one process only");

[[maybe_unused]] SeqState& state_of(const SeqConfig& config) {
  return *reinterpret_cast<SeqState*>(config.memory().data());
}

/// Makes a mutex that processes share, and that tells who locks it that its owner has died.
[[maybe_unused]] void make_mutex(pthread_mutex_t& mutex) {
  pthread_mutexattr_t attributes;
  require_success(::pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
  ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  const int error = ::pthread_mutex_init(&mutex, &attributes);
  ::pthread_mutexattr_destroy(&attributes);
  require_success(error, "pthread_mutex_init");
}

// ---- Steps 5 and 6: one writer at a time, and what a dead one has left ---------------------------------------------

[[maybe_unused]] void lock_writers(SeqState& state) {
  int error = ::pthread_mutex_lock(&state.writers);
  // Nothing to repair: what it has written of a version that it did not publish lies in the copy that nobody reads.
  if (error == EOWNERDEAD) error = ::pthread_mutex_consistent(&state.writers);
  require_success(error, "pthread_mutex_lock");
}

// ---- Step 7: to sleep, and to wake ---------------------------------------------------------------------------------

/// A futex is a word of 32 bits: the half of the version that changes with each write.
[[maybe_unused]] std::uint32_t low_half(Version version) { return static_cast<std::uint32_t>(version); }
[[maybe_unused]] void* futex_of(std::atomic<Version>& version) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the low half comes first");
  return &version;
}

/// Sleeps until somebody wakes us, until the deadline, or for kPatience; not at all when the version is not `seen` any
/// more.
[[maybe_unused]] void sleep_a_while(std::atomic<Version>& version, Version seen, shm::Deadline deadline) {
  // Not longer than kPatience: who was to wake us may be dead.
  const auto until = shm::Deadline::after(std::min<shm::Deadline::Clock::duration>(deadline.remaining(), kPatience));
  const timespec time = until.as_timespec();
  ::syscall(SYS_futex, futex_of(version), FUTEX_WAIT_BITSET, low_half(seen), &time, nullptr, FUTEX_BITSET_MATCH_ANY);
}

[[maybe_unused]] void wake_all(std::atomic<Version>& version) {
  constexpr int kAll = 0x7fff'ffff;
  ::syscall(SYS_futex, futex_of(version), FUTEX_WAKE, kAll, nullptr, nullptr, 0);
}

}  // namespace

// ---- Step 1 --------------------------------------------------------------------------------------------------------

std::size_t RwConfig::bytes_for(std::size_t words) {
  require_words("RwConfig::bytes_for", words);
  return sizeof(RwState) + words * sizeof(Word);
}

RwConfig RwConfig::create(std::span<std::byte> memory, std::span<const Word> initial) {
  require_place("RwConfig::create", memory, bytes_for(initial.size()));
  const RwConfig config{memory};
  config.identity().magic.store(0);  // first: what lay here before may look like settings
  RwState& state = *new (memory.data()) RwState{};
  state.identity.layout = kLayout;
  state.identity.words = initial.size();
  make_lock(state.lock);
  state.version = 1;
  std::ranges::copy(initial, state.words());
  state.identity.magic.store(kRwMagic, std::memory_order_release);  // last: now they are
  return config;
}

RwConfig RwConfig::attach(std::span<std::byte> memory, std::size_t words) {
  require_identity("RwConfig::attach", memory, kRwMagic, words);
  require_place("RwConfig::attach", memory, bytes_for(words));
  return RwConfig{memory};
}

// ---- Step 2 --------------------------------------------------------------------------------------------------------

void RwConfig::visit(const Visitor& look, shm::Deadline deadline) const {
  RwState& state = state_of(*this);
  lock_to_read(state.lock, deadline);
  const Unlocking unlocking{state.lock};
  look({state.words(), state.identity.words}, state.version);
}

Version RwConfig::read(std::span<Word> settings, shm::Deadline deadline) const {
  require_size("RwConfig::read", identity(), settings.size());
  Version seen = 0;
  visit(
      [&](std::span<const Word> words, Version version) {
        std::ranges::copy(words, settings.begin());
        seen = version;
      },
      deadline);
  return seen;
}

Version RwConfig::write(std::span<const Word> settings, shm::Deadline deadline) const {
  require_size("RwConfig::write", identity(), settings.size());
  RwState& state = state_of(*this);
  lock_to_write(state.lock, deadline);
  const Unlocking unlocking{state.lock};
  std::ranges::copy(settings, state.words());
  return ++state.version;
}

// ---- Step 4 --------------------------------------------------------------------------------------------------------

std::size_t SeqConfig::bytes_for(std::size_t words) {
  require_words("SeqConfig::bytes_for", words);
  constexpr std::size_t kLine = shm::kCacheLine;
  return sizeof(SeqState) + 2 * ((words * sizeof(Word) + kLine - 1) / kLine * kLine);
}

SeqConfig SeqConfig::create(std::span<std::byte> memory, std::span<const Word> initial) {
  require_place("SeqConfig::create", memory, bytes_for(initial.size()));
  const SeqConfig config{memory};
  config.identity().magic.store(0);  // first: what lay here before may look like settings
  SeqState& state = *new (memory.data()) SeqState{};
  state.identity.layout = kLayout;
  state.identity.words = initial.size();
  make_mutex(state.writers);
  state.version.store(1, std::memory_order_relaxed);
  for (std::size_t i = 0; i < initial.size(); ++i) state.copy(1)[i].store(initial[i], std::memory_order_relaxed);
  state.identity.magic.store(kSeqMagic, std::memory_order_release);  // last: now they are
  return config;
}

SeqConfig SeqConfig::attach(std::span<std::byte> memory, std::size_t words) {
  require_identity("SeqConfig::attach", memory, kSeqMagic, words);
  require_place("SeqConfig::attach", memory, bytes_for(words));
  return SeqConfig{memory};
}

Version SeqConfig::read(std::span<Word> settings) const {
  require_size("SeqConfig::read", identity(), settings.size());
  SeqState& state = state_of(*this);
  for (;;) {
    const Version before = state.version.load(std::memory_order_acquire);
    const std::atomic<Word>* const words = state.copy(before);
    for (std::size_t i = 0; i < settings.size(); ++i) settings[i] = words[i].load(std::memory_order_relaxed);
    // Whoever reads a word of version before + 2 has met its writer's fence, and sees before + 1 below, at least.
    std::atomic_thread_fence(std::memory_order_acquire);
    if (state.version.load(std::memory_order_relaxed) == before) return before;
  }
}

// ---- Step 5 --------------------------------------------------------------------------------------------------------

Version SeqConfig::write(std::span<const Word> settings) const {
  require_size("SeqConfig::write", identity(), settings.size());
  SeqState& state = state_of(*this);
  lock_writers(state);
  const Version next = state.version.load(std::memory_order_relaxed) + 1;
  // The copy that is overwritten now may still be read, as version next - 2: who sees one of our words must also see
  // that next - 1 has come.
  std::atomic_thread_fence(std::memory_order_release);
  std::atomic<Word>* const words = state.copy(next);
  for (std::size_t i = 0; i < settings.size(); ++i) words[i].store(settings[i], std::memory_order_relaxed);
  state.version.store(next, std::memory_order_release);
  ::pthread_mutex_unlock(&state.writers);
  wake_all(state.version);
  return next;
}

// ---- Step 7 --------------------------------------------------------------------------------------------------------

Version SeqConfig::wait_newer(Version known, shm::Deadline deadline) const {
  std::atomic<Version>& version = state_of(*this).version;
  for (;;) {
    const Version seen = version.load(std::memory_order_acquire);
    if (seen > known || deadline.passed()) return seen;
    sleep_a_while(version, seen, deadline);
  }
}

}  // namespace lab
