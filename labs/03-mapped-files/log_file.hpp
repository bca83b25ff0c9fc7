#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shm/mapping.hpp"
#include "shm/unique_fd.hpp"

/// What students write.
namespace lab {

/// What every log begins with, once it is one: "lab-log\n" on a machine that stores the low byte first. A file from a
/// machine of the other byte order begins with other bytes, and is foreign here.
inline constexpr std::uint64_t kMagic = 0x0a676f6c2d62616c;
/// Of the layout of the file. Another number means: written by a program that knows more, or less.
inline constexpr std::uint32_t kVersion = 1;
/// Bytes of a page; what msync(2) is given must begin on one.
inline constexpr std::size_t kPageSize = 4096;

/// Lies at offset 0 of every log. A new file is all zeroes. `magic` and `version` are what others may know about a log
/// of yours (file(1), the tests); what the rest means is your own affair. Other processes look at it while you write:
/// what changes after the file has become a log must be atomic.
struct Header {
  std::atomic<std::uint64_t> magic;      ///< kMagic in a file that is a log, and in no other
  std::uint32_t version;                 ///< kVersion
  std::uint32_t unused;                  ///< 0
  std::atomic<std::uint64_t> committed;  ///< a proposal: where in the file the last committed record ends
  std::atomic<std::uint64_t> more[5];    ///< for what else you need
};
static_assert(sizeof(Header) == 64, "a part of one sector, so a disk has written all of it or nothing");
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "a lock would live in one process only");

/// A proposal: where the first record lies. The header has a page of its own.
inline constexpr std::size_t kFirstRecord = kPageSize;

/// Bytes that a record of so many takes in the file, at most. What it begins with has room for a length and a checksum.
[[nodiscard]] constexpr std::size_t record_bytes(std::size_t size) { return 16 + (size + 7) / 8 * 8; }

/// A checksum (FNV-1a, 64 bits). Of no bytes it is not 0, so a place that was never written holds no empty record.
[[nodiscard]] constexpr std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const char byte : bytes) sum = (sum ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return sum;
}

/// One process's view of a log: a descriptor, and a mapping of the whole file. Closes and unmaps on destruction; the
/// file stays. Movable, not copyable.
///
/// Used by one thread at a time, with one exception: while one thread calls append() and commit(), others may call
/// next() on the same Log.
struct Log {
  shm::UniqueFd fd;
  shm::Mapping mapping;
  bool writes = false;    ///< whether it may append
  std::uint64_t end = 0;  ///< a proposal, for who writes: where in the file the next record goes

  /// The log's header. There must be a mapping.
  [[nodiscard]] Header& header() const noexcept { return *reinterpret_cast<Header*>(mapping.data()); }
};

/// Where somebody who reads has come to. A new one stands before the first record; what `at` means is your own affair.
struct Cursor {
  std::uint64_t at = 0;
};

// ---- Step 1 -------------------------------------------------------------------------------------------------------

/// Makes the bytes from `offset` on durable, `size` of them: on whatever pages of the mapping they lie, a power cut
/// does not take them any more once this has returned. A range may begin and end anywhere, and may be empty.
/// @throws std::system_error EINVAL for a range that is not wholly mapped; or what failed (EIO: the disk)
/// @see msync(2)
void sync(const Log& log, std::size_t offset, std::size_t size);

// ---- Step 2 -------------------------------------------------------------------------------------------------------

/// Creates a log at `path`, without records, open to write, and with room for records of at least `capacity` bytes (as
/// record_bytes() counts them). Its space is reserved: append() and commit() never run out of disk.
///
/// Whoever opens the path before this is done, or after it died half-way, finds a file that is no log, or a log without
/// records. Once it has returned, a power cut does not take the log, nor its name, which fsync(2) of its directory
/// makes durable. When it throws, whichever of its calls failed, no file is left, and one that was there before is
/// untouched.
/// @throws std::system_error EEXIST when there is something at the path; EINVAL for a capacity of 0; an errno of the
///         system's for one that cannot be (up to SIZE_MAX); ENOSPC when the disk is full; or what else failed
/// @see open(2) O_EXCL, posix_fallocate(3), mmap(2), fsync(2) on directories
[[nodiscard]] Log create(const std::string& path, std::size_t capacity);

// ---- Step 3 -------------------------------------------------------------------------------------------------------

/// Opens a log to read it. Nothing is changed, nor can it be through this Log: it is mapped for reading only. There may
/// be any number of readers, also while one writes.
///
/// Nothing in the file can make this crash, nor next() afterwards; what is damaged is refused by one of the two, or is
/// behind what next() gives. (A file that is cut shorter while it is mapped is another story: lab 02.)
/// @throws std::system_error ENOENT, EACCES, ...: what open(2) says; EILSEQ for a file that is no log (not a
///         regular file, and a pipe is not waited for; too small for a header; or another magic: it is foreign, or its
///         creator has not come to its end); ENOTSUP for a log of
///         another version; EBADMSG for one that is damaged. Nothing is left open or mapped then.
/// @see open(2), fstat(2), mmap(2)
[[nodiscard]] Log open_to_read(const std::string& path);

// ---- Step 4 -------------------------------------------------------------------------------------------------------

/// Writes a record behind the last one. It belongs to the log from the next commit() on, not before: until then nobody
/// sees it. An empty record is one, too.
/// @throws std::system_error EBADF when the log was opened to read; ENOSPC when there is no room for it (grow() makes
///         some), whatever its size. What was appended before is not touched.
void append(Log& log, std::string_view record);

// ---- Step 5 -------------------------------------------------------------------------------------------------------

/// Makes all that was appended since the last commit part of the log, all at once: other processes see all of these
/// records or none, and whatever dies at whatever moment, the writer or the power, the next one finds all or none. Once
/// this has returned, that is all. (When nothing was appended, it does nothing.)
/// @throws std::system_error EBADF when the log was opened to read; what failed (EIO: the disk). When the records
///         themselves could not be made durable, nobody sees them, and they are dropped: it is as if they had never
///         been appended. When only the news of them could not (the header), they stay: readers may have seen them. (No
///         test looks at that.)
/// @see std::memory_order_release, msync(2), fsync(2) on errors
void commit(Log& log);

/// The next record of those that are committed and mapped here; the cursor moves behind it. Nothing when there is none:
/// then, ask again later, and refresh().
/// @throws std::system_error EBADMSG for a record that is damaged; the cursor stays before it
/// @see std::memory_order_acquire
[[nodiscard]] std::optional<std::string> next(const Log& log, Cursor& cursor);

// ---- Step 6 -------------------------------------------------------------------------------------------------------

/// Opens a log to go on with it, as its only writer. What was appended and not committed, whoever did that and however
/// it ended, is gone and never comes back. Until this Log is destroyed, or its process has ended, nobody else can open
/// the log to write, in no other process and not in this one either; a Log from create() holds it in the same way.
/// What was committed before it has the lock is kept, also when that was a moment ago.
/// @throws std::system_error EBUSY when another has it open to write; all that open_to_read() and next() throw: behind
///         damage, nobody would find a record. A file that is refused is not changed.
/// @see flock(2), F_OFD_SETLK in fcntl(2)
[[nodiscard]] Log open_to_write(const std::string& path);

// ---- Step 7 -------------------------------------------------------------------------------------------------------

/// Makes room for records of at least `more` bytes in addition to the room that is left, reserved as in create(). All
/// records stay, also those that are not committed yet. The mapping may move.
/// @throws std::system_error EBADF when the log was opened to read; an errno of the system's for a size that cannot be;
///         ENOSPC, ENOMEM, ...: what failed. The log can then be used as before.
/// @see posix_fallocate(3), mremap(2)
void grow(Log& log, std::size_t more);

/// Maps what the writer has added to the file since it was mapped here. The mapping may move.
/// @return whether there was anything
/// @throws std::system_error what failed; the log can then be used as before
bool refresh(Log& log);

}  // namespace lab
