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
  // TODO (step 1): a number from 1 to kMostWords has passed; any other was refused.
  throw shm::NotImplemented{"step 1: check the number of words"};
}

/// Throws for memory that nothing of ours can lie in, by its place and size.
[[maybe_unused]] void require_place(std::string_view call, std::span<std::byte> memory, std::size_t bytes) {
  // TODO (step 1): what such memory can be has passed; any other was refused. Handout, "Half-made".
  throw shm::NotImplemented{"step 1: check the place of the memory"};
}

/// Throws unless such settings lie in the memory, by magic, layout and words; the caller checks how many bytes it has.
[[maybe_unused]] void require_identity(std::string_view call, std::span<std::byte> memory, std::uint64_t magic,
                                       std::size_t words) {
  // TODO (step 1): memory in which such settings may lie has passed; any other was refused. Nothing was read that the
  // memory does not have. Handout, "Half-made".
  throw shm::NotImplemented{"step 1: check what lies in the memory"};
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
  // TODO (step 1): a lock that processes share, and that prefers writers. What was taken for its attributes is given
  // back, also when it fails. pthread_rwlockattr_setkind_np(3); handout, "Who comes first".
  throw shm::NotImplemented{"step 1: make a read-write lock"};
}

[[maybe_unused]] void lock_to_read(pthread_rwlock_t& lock, shm::Deadline deadline) {
  // TODO (step 2): the lock is held to read. From step 3 on: or ETIMEDOUT was thrown, at the deadline.
  // pthread_rwlock_rdlock(3p); handout, "The clock".
  throw shm::NotImplemented{"step 2: lock to read"};
}

[[maybe_unused]] void lock_to_write(pthread_rwlock_t& lock, shm::Deadline deadline) {
  // TODO (step 2): the lock is held to write. From step 3 on: or ETIMEDOUT was thrown, at the deadline.
  // pthread_rwlock_wrlock(3p); handout, "The clock".
  throw shm::NotImplemented{"step 2: lock to write"};
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
  // TODO (step 4): a robust mutex that processes share. What was taken for its attributes is given back, also when it
  // fails. pthread_mutexattr_setrobust(3); lab 04.
  throw shm::NotImplemented{"step 4: make a mutex"};
}

// ---- Steps 5 and 6: one writer at a time, and what a dead one has left ---------------------------------------------

[[maybe_unused]] void lock_writers(SeqState& state) {
  // TODO (step 5): the mutex is held. From step 6 on also when its last owner died, and then it is as good as ever.
  // pthread_mutex_lock(3p), pthread_mutex_consistent(3); handout, "A dead writer".
  throw shm::NotImplemented{"step 5: lock out other writers"};
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
  // TODO (step 7): we have slept as the comment above says. The kernel compares and falls asleep in one go: that is
  // what a futex is for. futex(2); handout, "To sleep on a number".
  throw shm::NotImplemented{"step 7: sleep"};
}

[[maybe_unused]] void wake_all(std::atomic<Version>& version) {
  // TODO (step 7): nobody sleeps any more, in no process. futex(2); handout, "To sleep on a number".
  throw shm::NotImplemented{"step 7: wake"};
}

}  // namespace

// ---- Step 1 --------------------------------------------------------------------------------------------------------

std::size_t RwConfig::bytes_for(std::size_t words) {
  // TODO (step 1): the size is returned, or EINVAL is thrown for a number of words that cannot be.
  throw shm::NotImplemented{"step 1: compute the size"};
}

RwConfig RwConfig::create(std::span<std::byte> memory, std::span<const Word> initial) {
  // TODO (step 1): version 1 is there, whole; or what was refused is as it was; or nothing is found there. Handout,
  // "Half-made".
  throw shm::NotImplemented{"step 1: create"};
}

RwConfig RwConfig::attach(std::span<std::byte> memory, std::size_t words) {
  // TODO (step 1): what another process has made is returned, or EINVAL is thrown.
  throw shm::NotImplemented{"step 1: attach"};
}

// ---- Step 2 --------------------------------------------------------------------------------------------------------

void RwConfig::visit(const Visitor& look, shm::Deadline deadline) const {
  // TODO (step 2): look has seen the settings and their version under the lock, and the lock is given back, however
  // look ended.
  throw shm::NotImplemented{"step 2: visit"};
}

Version RwConfig::read(std::span<Word> settings, shm::Deadline deadline) const {
  // TODO (step 2): the settings are copied, their version is returned.
  throw shm::NotImplemented{"step 2: read under the lock"};
}

Version RwConfig::write(std::span<const Word> settings, shm::Deadline deadline) const {
  // TODO (step 2): the next version is there, and its number returned.
  throw shm::NotImplemented{"step 2: write under the lock"};
}

// ---- Step 4 --------------------------------------------------------------------------------------------------------

std::size_t SeqConfig::bytes_for(std::size_t words) {
  // TODO (step 4): the size is returned, or EINVAL is thrown for a number of words that cannot be.
  throw shm::NotImplemented{"step 4: compute the size"};
}

SeqConfig SeqConfig::create(std::span<std::byte> memory, std::span<const Word> initial) {
  // TODO (step 4): version 1 is there, whole, as in step 1.
  throw shm::NotImplemented{"step 4: create"};
}

SeqConfig SeqConfig::attach(std::span<std::byte> memory, std::size_t words) {
  // TODO (step 4): what another process has made is returned, or EINVAL is thrown.
  throw shm::NotImplemented{"step 4: attach"};
}

Version SeqConfig::read(std::span<Word> settings) const {
  // TODO (step 4): the newest version is copied, whole, and its number returned; nothing was written to the memory.
  // Handout, "Two copies" and "What the orders are for".
  throw shm::NotImplemented{"step 4: read without a lock"};
}

// ---- Step 5 --------------------------------------------------------------------------------------------------------

Version SeqConfig::write(std::span<const Word> settings) const {
  // TODO (step 5): the next version is there, and its number returned. Wherever we die, the newest version is whole.
  // From step 7 on those who wait are woken. Handout, "Two copies" and "What the orders are for".
  throw shm::NotImplemented{"step 5: write"};
}

// ---- Step 7 --------------------------------------------------------------------------------------------------------

Version SeqConfig::wait_newer(Version known, shm::Deadline deadline) const {
  // TODO (step 7): a newer version is there, or the deadline has passed. Handout, "To sleep on a number".
  throw shm::NotImplemented{"step 7: wait for a newer version"};
}

}  // namespace lab
