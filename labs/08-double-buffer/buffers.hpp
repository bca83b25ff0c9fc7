#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "shm/cache_line.hpp"

/// What students write: memory in which one process leaves the newest value of something, and others read it whole.
///
/// A value is a row of bytes of a fixed size. The values of a buffer are numbered from 1 on, in the order in which they
/// were published. At one time one thread of one process writes. Who reads is said beside each kind. A process that is
/// killed, wherever it is, holds nobody up: the others go on, and a successor may take its place at once.
namespace lab {

/// How a buffer keeps its reader and its writer apart.
enum class Kind : std::uint64_t {
  kSeqlock = 1,  ///< any number of readers, who look afterwards whether they were disturbed
  kTriple = 2,   ///< one reader at a time, who is never disturbed
};

/// What every buffer begins with, at offset 0 of its memory. What lies behind it is the editable file's own business.
struct Identity {
  std::atomic<std::uint64_t> magic;  ///< kMagic once all the rest is complete
  std::uint64_t version;             ///< kVersion
  Kind kind;
  std::uint64_t value_size;  ///< bytes of a value
};
static_assert(decltype(Identity::magic)::is_always_lock_free, "a lock would live in one process only");

inline constexpr std::uint64_t kMagic = 0x6c61'6230'386e'6577;
inline constexpr std::uint64_t kVersion = 1;

/// The largest value; the size of each is a multiple of kWord, and at least that.
inline constexpr std::size_t kMostBytes = std::size_t{64} * 1024;
inline constexpr std::size_t kWord = sizeof(std::uint64_t);

/// One process's view of a buffer: where its memory lies here. Plain data, to be copied at will. There is nothing else
/// that a process would have to remember.
struct Buffer {
  std::span<std::byte> memory;

  [[nodiscard]] Identity& identity() const noexcept { return *reinterpret_cast<Identity*>(memory.data()); }
};

// ---- Step 1 --------------------------------------------------------------------------------------------------------

/// Bytes of memory that a buffer of this kind needs.
/// @throws std::system_error EINVAL, naming the value, when value_size is 0, no multiple of kWord or above kMostBytes,
///         or the kind is none
[[nodiscard]] std::size_t bytes_for(Kind kind, std::size_t value_size);

/// Makes a buffer without a value in memory that nobody uses yet, whatever it holds. Only when all is complete does the
/// magic number say so: whoever finds a process dead half-way finds no buffer.
/// @param memory  begins at a multiple of shm::kCacheLine, and has bytes_for(kind, value_size) bytes or more
/// @throws std::system_error what bytes_for() says; EINVAL, naming the value, for memory that is null, not aligned or
///         too small. Nothing has been written then.
Buffer create(std::span<std::byte> memory, Kind kind, std::size_t value_size);

/// The buffer that another process has made in this memory, or a predecessor of ours. Disturbs nobody.
/// @throws std::system_error EINVAL, naming the value, for memory that is null, not aligned or too small, holds no
///         buffer, one of another version, kind or value size, or one that does not fit; also when kind or value_size
///         is impossible
[[nodiscard]] Buffer attach(std::span<std::byte> memory, Kind kind, std::size_t value_size);

// ---- Step 2 --------------------------------------------------------------------------------------------------------

/// Who makes the next step at the textbook's double buffer: see textbook.hpp.
enum class Turn : std::uint8_t { kWriter, kReader };

/// The most turns that are played.
inline constexpr std::size_t kMostTurns = 64;

/// Plans the turns of two processes so that the reader gets half of one value and half of another.
/// @param turns  room for them, kMostTurns or more
/// @returns how many were written there; those that the play does not need, because it has torn, are not played
std::size_t tearing_schedule(std::span<Turn> turns);

/// Plans them so that each value that is read is whole, and yet a later read gives an older value than an earlier one.
/// @param turns  as above
std::size_t backwards_schedule(std::span<Turn> turns);

// ---- Steps 3, 5 ----------------------------------------------------------------------------------------------------

/// Two slots and one number. Any number of readers; they write nothing into the buffer.
///
/// Both functions throw std::system_error EINVAL, naming the value, when `value` has another size than the buffer's, or
/// the buffer is of another kind; nothing has changed then. `value` may lie at any address, whatever its alignment.
namespace seqlock {

/// Publishes a copy of `value`; its number. Never waits for anybody, dead or alive.
std::uint64_t write(const Buffer& buffer, std::span<const std::byte> value);

/// Copies the newest value to `value`; its number, or 0 and nothing is copied when there is none yet. What it gives is
/// whole, is no older than what was published before the call began, and no older than what this reader got before.
/// A reader that was disturbed tries again: it may do so as long as values are published, but never because a writer
/// stands still, or died, wherever that was.
std::uint64_t read(const Buffer& buffer, std::span<std::byte> value);

}  // namespace seqlock

// ---- Steps 4, 5, 6 -------------------------------------------------------------------------------------------------

/// The most accesses to memory that writing or reading takes, beside those to a copy of the value's bytes.
inline constexpr std::uint64_t kMostSteps = 24;

/// Three slots and one word. One reader at a time, and one writer.
///
/// Both functions are wait-free: whatever the other side does, lives or not, they need at most kMostSteps accesses, and
/// copy the value once. They take and refuse what the seqlock's do.
namespace triple {

/// Publishes a copy of `value`; its number.
std::uint64_t write(const Buffer& buffer, std::span<const std::byte> value);

/// Copies the newest value to `value`; its number, or 0 and nothing is copied when there is none yet. A number that the
/// reader has seen before says that there is nothing new. Whole, as new, and as little going back as the seqlock's.
std::uint64_t read(const Buffer& buffer, std::span<std::byte> value);

}  // namespace triple

}  // namespace lab
