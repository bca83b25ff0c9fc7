#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "shm/cache_line.hpp"
#include "shm/deadline.hpp"
#include "shm/mapping.hpp"
#include "shm/unique_fd.hpp"

/// What students write.
namespace lab {

/// Lies at offset 0 of every object, the user's payload behind it. A new object is all zeroes, so it starts as "not
/// ready, no size". Several processes look at it at once: touch its members by atomic operations only.
struct alignas(shm::kCacheLine) Header {
  std::atomic<std::uint32_t> ready;  ///< 0 until publish(), then 1 for ever
  std::atomic<std::uint64_t> size;   ///< bytes of payload that everybody may use; it only ever grows
};
static_assert(sizeof(Header) == shm::kCacheLine);
static_assert(decltype(Header::ready)::is_always_lock_free && decltype(Header::size)::is_always_lock_free,
              "a lock would live in one process only");

/// One process's view of an object: a descriptor, and a mapping of all of it (header and payload). Closes and unmaps on
/// destruction; the object itself lives on until remove(). Movable, not copyable; used from one thread at a time.
struct Region {
  shm::UniqueFd fd;
  shm::Mapping mapping;

  /// The object's header. The region must hold a mapping.
  [[nodiscard]] Header& header() const noexcept { return *reinterpret_cast<Header*>(mapping.data()); }
  /// The bytes behind the header, as far as they are mapped here.
  [[nodiscard]] std::span<std::byte> payload() const noexcept { return mapping.bytes().subspan(sizeof(Header)); }
};

// ---- Step 1 -------------------------------------------------------------------------------------------------------

/// Says whether an object can bear this name, without asking the system: what shm_open(3) with O_CREAT accepts here.
/// Slashes in front do not count, however many; one further back is wrong. "", "." and ".." are no names (with or
/// without slashes in front). At most NAME_MAX bytes remain after those slashes. A NUL byte is wrong: C would stop
/// there.
/// @return 0, EINVAL, or ENAMETOOLONG (for a name whose only fault is its length)
/// @see shm_overview(7), shm_open(3)
[[nodiscard]] int check_name(std::string_view name);

// ---- Step 2 -------------------------------------------------------------------------------------------------------

/// Creates a new object with room for `payload_size` bytes and maps it; header().size is set, ready is not.
///
/// The object has exactly the permissions `mode` (0 to 0777) whatever the umask, and its memory is reserved: writing to
/// the payload never runs out of space. All or nothing: when it throws, no name, descriptor or mapping is left of it,
/// and an object that bore the name before is untouched.
/// @throws std::system_error what check_name() says; EEXIST when the name is taken; EINVAL for no payload; an errno of
///         the system's for a size that cannot be (up to SIZE_MAX); ENOSPC when /dev/shm is full; or what else failed
/// @see shm_open(3), fchmod(2), posix_fallocate(3), mmap(2)
[[nodiscard]] Region create(std::string_view name, std::size_t payload_size, mode_t mode);

// ---- Step 3 -------------------------------------------------------------------------------------------------------

/// Maps an existing object, as large as it really is (fstat), once it has been published.
///
/// An object that is still too small for a header, or that is not ready, is waited for; after the deadline that is
/// ETIMEDOUT. A deadline in the past means "look once". Nothing in the object can make this crash, not even a header
/// that claims a wrong size.
/// @throws std::system_error what check_name() says; ENOENT at once when there is no such object, and when the object
///         loses its name while it is waited for; ETIMEDOUT; or what else failed. Nothing is left open or mapped then.
/// @see fstat(2), st_nlink in inode(7)
[[nodiscard]] Region attach(std::string_view name, shm::Deadline deadline);

// ---- Step 4 -------------------------------------------------------------------------------------------------------

/// Declares the object ready: whoever sees is_ready() also sees all that this thread wrote to it before. Once is
/// enough.
/// @see std::memory_order_release, [intro.races] in the C++ standard
void publish(Region& region);

/// Whether the object has been published. After true, everything its publisher wrote may be read without a race.
[[nodiscard]] bool is_ready(const Region& region);

// ---- Step 5 -------------------------------------------------------------------------------------------------------

/// Makes room for at least `new_payload_size` bytes of payload, reserved as in create(), and maps the whole object
/// here. What it held stays, what is new is zero. The mapping may move: spans into it end.
///
/// Objects never shrink. Any number of processes may grow one at once: in the end it has the largest size asked for,
/// and header().size says so. When it throws, this region still maps what it did before.
/// @throws std::system_error EINVAL for less than this region's payload has now; ENOSPC, ENOMEM, ... as in create()
/// @see posix_fallocate(3), mremap(2)
void grow(Region& region, std::size_t new_payload_size);

/// Maps the whole object anew if another process has grown it. Cheap enough to call often (no test counts its calls).
/// @return whether it had to; spans into the old mapping have ended then
/// @throws std::system_error what failed; the region then still maps what it did before
bool refresh(Region& region);

// ---- Step 6 -------------------------------------------------------------------------------------------------------

/// Takes the object's name away. Those who have it mapped keep it, unharmed; the name is free for a new object at once.
/// @return false when no object bore the name. Of several who remove one object at once, exactly one gets true.
/// @throws std::system_error what check_name() says, or what else failed
/// @see shm_unlink(3)
bool remove(std::string_view name);

// ---- Step 7 -------------------------------------------------------------------------------------------------------

/// Attaches to the object, or creates it when there is none. Any number of processes may call this at the same time:
/// exactly one creates, runs `initialise` on the new region and publishes it; all others return once that has happened.
///
/// When `initialise` throws, the object is removed and the exception passed on; one of those who wait then creates it.
/// A deadline that has passed still lets one create it, or attach to one that is ready. When what one found goes, and
/// the deadline has passed: begin anew or say ETIMEDOUT, as you like.
/// @param initialise  fills the payload; called at most once, before anybody else can attach
/// @throws std::system_error as create() and attach() do, but never EEXIST or ENOENT; what `initialise` throws
[[nodiscard]] Region create_or_attach(std::string_view name, std::size_t payload_size, mode_t mode,
                                      const std::function<void(Region&)>& initialise, shm::Deadline deadline);

}  // namespace lab
