#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "shm/cache_line.hpp"
#include "shm/deadline.hpp"

/// What students write: settings that many processes read all the time and somebody changes now and then, twice: behind
/// a read-write lock, and without a lock for the readers.
///
/// All functions but create() may be called by any number of processes and threads at once. Settings are a fixed number
/// of words; what one reads is always one version of them, whole. Versions begin with 1, each write makes the next one,
/// and they never go back: who has seen a version, or heard of it, reads that one or a newer one from then on.
namespace lab {

/// Settings are made of these; std::bit_cast makes a struct of them.
using Word = std::uint64_t;
inline constexpr std::size_t kMostWords = 128;

using Version = std::uint64_t;

/// What both kinds begin with, at offset 0 of their memory. What lies behind it is the editable file's own business.
struct Identity {
  std::atomic<std::uint64_t> magic;  ///< kRwMagic or kSeqMagic once all the rest is complete
  std::uint64_t layout;              ///< kLayout
  std::uint64_t words;               ///< of the settings
};
static_assert(decltype(Identity::magic)::is_always_lock_free, "a lock would live in one process only");

inline constexpr std::uint64_t kRwMagic = 0x6c61'6230'3672'776c;
inline constexpr std::uint64_t kSeqMagic = 0x6c61'6230'3673'6571;
inline constexpr std::uint64_t kLayout = 1;

/// What is called with the settings, while nobody changes them, and their version.
using Visitor = std::function<void(std::span<const Word> settings, Version version)>;

/// Settings behind a read-write lock: readers come in together, a writer alone. One process's view of them: where their
/// memory lies here. Plain data, to be copied at will.
///
/// Such a lock does not notice a death: who dies as by SIGKILL while it is in there, reading or writing, keeps the
/// others out for ever. They find that out by their deadlines alone.
class RwConfig {
 public:
  // ---- Step 1 ---------------------------------------------------------------------------------------------------

  /// Bytes of memory that so many words of settings need.
  /// @throws std::system_error EINVAL, naming the value, for no words or more than kMostWords
  [[nodiscard]] static std::size_t bytes_for(std::size_t words);

  /// Makes version 1 in memory that nobody uses yet, whatever it holds. Only when all is complete does the magic number
  /// say so: whoever finds a process dead half-way finds nothing.
  /// @param memory   begins at a multiple of shm::kCacheLine, and has bytes_for(initial.size()) bytes or more
  /// @param initial  the settings
  /// @throws std::system_error what bytes_for() says; EINVAL, naming the value, for memory that is null, not aligned or
  ///         too small (nothing has been written then); or what else failed (attach() finds nothing there then)
  /// @see pthread_rwlockattr_setpshared(3p), pthread_rwlockattr_setkind_np(3)
  static RwConfig create(std::span<std::byte> memory, std::span<const Word> initial);

  /// Finds what another process has made in this memory. Writes nothing.
  /// @throws std::system_error EINVAL, naming what is wrong, for memory that is null, not aligned or too small for an
  ///         Identity; for another magic number or layout; for settings of another number of words, or of one that
  ///         can't be or that the memory is too small for
  static RwConfig attach(std::span<std::byte> memory, std::size_t words);

  // ---- Step 2 (and 3: the deadlines) ----------------------------------------------------------------------------

  /// Copies the settings.
  /// @return their version
  /// @throws std::system_error EINVAL, naming the sizes, for another number of words; ETIMEDOUT when somebody was in the
  ///         way until the deadline. `settings` is unchanged then.
  /// @see pthread_rwlock_clockrdlock (glibc 2.30); pthread_rwlock_timedrdlock(3p) takes CLOCK_REALTIME
  Version read(std::span<Word> settings, shm::Deadline deadline) const;

  /// Calls `look` with the settings themselves. Nobody changes them before it returns or throws; what it throws passes
  /// on. Other readers may come in meanwhile, but none while a writer waits: so writers do not starve.
  /// @throws std::system_error ETIMEDOUT when somebody was in the way until the deadline
  void visit(const Visitor& look, shm::Deadline deadline) const;

  /// Makes the next version.
  /// @return its number
  /// @throws std::system_error EINVAL, naming the sizes, for another number of words; ETIMEDOUT when somebody was in the
  ///         way until the deadline, which is one of CLOCK_MONOTONIC; in the past it means "try once". Nothing has been
  ///         changed then.
  Version write(std::span<const Word> settings, shm::Deadline deadline) const;

  [[nodiscard]] std::span<std::byte> memory() const noexcept { return memory_; }
  [[nodiscard]] Identity& identity() const noexcept { return *reinterpret_cast<Identity*>(memory_.data()); }

 private:
  explicit RwConfig(std::span<std::byte> memory) : memory_{memory} {}

  std::span<std::byte> memory_;
};

/// What the death of a writer may cost at most: who waits for a version whose writer was killed before it could wake
/// anybody sees it within this time.
inline constexpr std::chrono::milliseconds kPatience{100};

/// Settings that readers only read: they may map them read-only, and nothing that they do, or die of, can be noticed by
/// anybody. Nor can a writer that dies, wherever that is, keep readers or other writers out: its version is there as a
/// whole, or not at all. Otherwise as RwConfig.
class SeqConfig {
 public:
  // ---- Step 4 ---------------------------------------------------------------------------------------------------

  /// As RwConfig::bytes_for().
  [[nodiscard]] static std::size_t bytes_for(std::size_t words);
  /// As RwConfig::create().
  static SeqConfig create(std::span<std::byte> memory, std::span<const Word> initial);
  /// As RwConfig::attach().
  static SeqConfig attach(std::span<std::byte> memory, std::size_t words);

  /// Copies the newest settings, and begins anew only when a newer version has come meanwhile. Writes nothing to the
  /// memory.
  /// @return their version
  /// @throws std::system_error EINVAL, naming the sizes, for another number of words; `settings` is unchanged then
  /// @see std::atomic_thread_fence, [atomics.fences] in the C++ standard
  Version read(std::span<Word> settings) const;

  // ---- Step 5 (and 6: when a writer died) -----------------------------------------------------------------------

  /// Makes the next version. Waits for other writers, one of which may be at work at a time, and for nobody else.
  /// @return its number
  /// @throws std::system_error EINVAL, naming the sizes, for another number of words, and nothing has been changed
  /// @see pthread_mutexattr_setrobust(3)
  Version write(std::span<const Word> settings) const;

  // ---- Step 7 ---------------------------------------------------------------------------------------------------

  /// Waits, until the deadline, for a version newer than `known`. Who waits sleeps, and is woken by write(). Writes
  /// nothing to the memory. A deadline in the past means "look once".
  /// @return the newest version: newer than `known`, or the deadline has passed
  /// @see futex(2): FUTEX_WAIT_BITSET takes an absolute time of CLOCK_MONOTONIC
  [[nodiscard]] Version wait_newer(Version known, shm::Deadline deadline) const;

  [[nodiscard]] std::span<std::byte> memory() const noexcept { return memory_; }
  [[nodiscard]] Identity& identity() const noexcept { return *reinterpret_cast<Identity*>(memory_.data()); }

 private:
  explicit SeqConfig(std::span<std::byte> memory) : memory_{memory} {}

  std::span<std::byte> memory_;
};

}  // namespace lab
