#pragma once

#include <sys/ipc.h>
#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "attachment.hpp"
#include "shm/cache_line.hpp"
#include "shm/deadline.hpp"

/// What students write. All errors are std::system_error with the call and the value in their text; when a function
/// throws, nothing of what it made is left, and nothing is attached that was not before.
namespace lab {

/// Where processes meet: a file that exists, and a number. Its key has room for 16 bits of the inode's number and 8 of
/// the device's, so the keys of two places may be equal; the places never are.
struct Place {
  key_t key;  ///< as ftok(3) makes it
  std::uint32_t project;
  std::uint64_t device;
  std::uint64_t inode;
  friend bool operator==(const Place&, const Place&) = default;
};

/// What lies in a segment: what it is (a number of the users' own, both sides must say the same), and how large.
struct Contents {
  std::uint64_t type;
  std::size_t bytes;  ///< of payload
};

inline constexpr std::uint64_t kMagic = 0x6c61'6230'3973'7973;
inline constexpr std::uint64_t kVersion = 1;
inline constexpr std::size_t kMostBytes = std::size_t{1} << 30U;  ///< the largest payload

/// Lies at offset 0 of every segment, the payload behind it. A new segment is all zeroes. Several processes look at it
/// at once: magic and successor are touched by atomic operations only, the others are written before magic says so.
struct alignas(shm::kCacheLine) Header {
  std::atomic<std::uint64_t> magic;  ///< 0 while it is being made; kMagic for ever, once it has been published
  std::uint64_t version;             ///< kVersion
  std::uint64_t type;
  Place place;
  std::atomic<std::uint64_t> successor;  ///< 1 + the id of the segment that has replaced this one; 0: none has
};
static_assert(sizeof(Header) == shm::kCacheLine && decltype(Header::magic)::is_always_lock_free);

enum class Access : std::uint8_t { kReadWrite, kReadOnly };

/// One process's view of a segment. Detaches on destruction; the segment lives on. Movable; one thread at a time.
struct Segment {
  int id = -1;  ///< as shmget(2) gives it: 0 is one, too
  Access access = Access::kReadWrite;
  Attachment memory = {};  ///< all of it, header and payload, as large as the system says that it is

  [[nodiscard]] Header& header() const noexcept { return *reinterpret_cast<Header*>(memory.data()); }
  [[nodiscard]] std::span<std::byte> payload() const noexcept { return memory.bytes().subspan(sizeof(Header)); }
};

/// What the system knows about a segment.
struct Status {
  std::size_t size;   ///< bytes, with the header
  std::size_t users;  ///< how often it is attached, in all processes together
  pid_t creator;      ///< the process that made it
  mode_t mode;        ///< 0 to 0777
  bool is_marked;     ///< for removal: it has no key any more, and goes with its last user
};

// ---- Step 1 --------------------------------------------------------------------------------------------------------

/// The place that a file and a number stand for. The file is looked at, not opened; another name of it gives the same.
/// @param project  1 to 255: ftok takes its low 8 bits, and two numbers that look different would be one
/// @throws std::system_error EINVAL for another project; what stat(2) says about the path. @see ftok(3)
[[nodiscard]] Place place_for(const std::string& path, int project);

// ---- Step 2 --------------------------------------------------------------------------------------------------------

/// Makes a new segment at a place and attaches it; its header says version, type and place, but not yet kMagic.
/// @param mode  0 to 0777, and exactly that is what it has; it must let us read and write it
/// @throws std::system_error EEXIST when the key is taken, by whomever; EINVAL for a payload of 0 or more than
///         kMostBytes, or another mode; ENOENT when another has removed it before it was attached; or what else failed.
/// @see shmget(2), shmat(2), shmctl(2)
[[nodiscard]] Segment create(const Place& place, Contents contents, mode_t mode);

/// Asks the system. @see IPC_STAT in shmctl(2)
/// @throws std::system_error what IPC_STAT failed with, as it is (EINVAL for an id that is none), and names the id
[[nodiscard]] Status status(const Segment& segment);

// ---- Step 3 --------------------------------------------------------------------------------------------------------

/// Declares a segment ready: who sees is_ready() sees all that was written to it before. Once is enough.
void publish(Segment& segment);
[[nodiscard]] bool is_ready(const Segment& segment);

/// Attaches to the segment at a place, once it is ready; all of it, however large it is.
///
/// Who is early waits until the deadline, attached, so that he is one of the users that remove_once_shared() counts,
/// and gets it. A deadline that has passed already means "look once".
/// @param contents  its type, and the least payload that will do
/// @throws std::system_error ENOENT when there is none, or it goes while it is looked at or waited for; ETIMEDOUT when it
///         is not ready in time; EINVAL at once for a segment that is too small, another's that has the same key, one
///         of another version or another type; EACCES; or what else failed
[[nodiscard]] Segment attach(const Place& place, Contents contents, Access access, shm::Deadline deadline);

// ---- Step 4 --------------------------------------------------------------------------------------------------------

/// Removes the segment at a place, half-made or not: its key is free at once, its memory goes with the last user.
/// @return false when there is none, or another was faster, as far as one can tell: IPC_RMID succeeds twice
/// @throws std::system_error EINVAL for another's segment that has the same key; EPERM, EACCES, or what else failed
bool remove(const Place& place);

/// Marks a segment for removal as soon as it is attached `users` times (ours counts): from then on it goes with its
/// last user, however they end, also when all of them are killed. One that is marked already need not be waited for.
/// @throws std::system_error ETIMEDOUT when they do not come in time: it is not marked then
void remove_once_shared(const Segment& segment, std::size_t users, shm::Deadline deadline);

// ---- Step 5 --------------------------------------------------------------------------------------------------------

/// Replaces a segment by a larger one of the same type and mode, since none can be resized: the new one has the old
/// one's key and payload (zeroes behind it), is ready, and is in `segment` then; the old header says its successor.
/// Nobody writes to the payload meanwhile. Between the old one's removal and the new one's making the key is nobody's.
/// One that is marked but has no successor (another is just replacing it, or died there, or it was marked early) may be
/// replaced all the same, or refused by EEXIST.
/// @throws std::system_error EINVAL for a payload that is not larger, or above kMostBytes, and for a segment that was
///         attached to read: nothing has changed then; EEXIST when another has replaced it already, or has taken the
///         key between; ENOMEM, ...: the key is lost then, `segment` is what it was
void replace(Segment& segment, std::size_t payload_bytes);

/// Goes over to the newest successor, if there is one. Cheap enough to call often. @return whether there was
/// @throws std::system_error ENOENT when it has gone: come again by the place; EINVAL for one that is none of ours
bool follow(Segment& segment);

// ---- Step 6 --------------------------------------------------------------------------------------------------------

/// Attaches to the segment at a place, or makes it: of any number of processes one runs `initialise` and publishes. A
/// half-made segment is removed when its creator is dead, and made anew; while it lives, it is waited for.
///
/// A deadline that has passed still lets one make it, or attach to one that is ready. When what one found goes, or its
/// creator is dead, and the deadline has passed: begin anew or say ETIMEDOUT, as you like.
/// @param initialise  fills the payload; when it throws, the segment is removed, and that exception passed on
/// @throws std::system_error as create() and attach() do, but never EEXIST or ENOENT; what `initialise` throws
[[nodiscard]] Segment create_or_attach(const Place& place, Contents contents, mode_t mode,
                                       const std::function<void(Segment&)>& initialise, shm::Deadline deadline);

}  // namespace lab
