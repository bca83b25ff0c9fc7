#include "segment.hpp"

#include <signal.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "shm/error.hpp"
#include "shm/not_implemented.hpp"

#pragma GCC diagnostic ignored "-Wunused-parameter"  // a step that is not written yet uses none of its own

namespace lab {
namespace {

[[noreturn, maybe_unused]] void refuse(std::string_view call, const std::string& value) {
  shm::throw_error(EINVAL, call, value);
}

/// The key as `ipcs -m` prints it.
[[maybe_unused]] std::string in_words(const Place& place) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "key 0x%08x", static_cast<unsigned>(place.key));
  return text.data();
}

/// Whether a call failed because there is no such segment, or no more.
[[maybe_unused]] bool says_gone(int error) {
  // TODO (step 2): true for each errno by which shmget, shmat and shmctl say that there is no such segment, or no more.
  // Handout, "Attaching".
  throw shm::NotImplemented{"step 2: know what is gone"};
}

/// Attaches a segment whose id is known. @throws std::system_error ENOENT when it has gone
[[maybe_unused]] Segment attach_id(int id, Access access) {
  // TODO (step 2): the segment is attached, to write or only to read, and its size is the system's, not a multiple of
  // the page's; or ENOENT was thrown when the id is no one's any more, or what else failed. shmat(2); handout,
  // "Attaching".
  throw shm::NotImplemented{"step 2: attach by id"};
}

// ---- Step 3

/// Throws EINVAL unless this is a segment of the lab's for this place and of this type. It must be ready.
[[maybe_unused]] void require_ours(std::string_view call, const Segment& segment, const Place& place,
                                   std::optional<std::uint64_t> type) {
  const Header& header = segment.header();
  if (header.version != kVersion) refuse(call, in_words(place) + ", version " + std::to_string(header.version));
  if (header.place != place) refuse(call, in_words(place) + ", the segment of another place");
  if (type && header.type != *type) refuse(call, in_words(place) + ", type " + std::to_string(header.type));
}

/// The segment at a place, ready or not. @throws std::system_error ENOENT, or EINVAL for one that cannot be ours
[[maybe_unused]] Segment find(std::string_view call, const Place& place, std::size_t least_bytes, Access access) {
  // TODO (step 3): the segment that has the key is attached, ready or not. One that cannot be ours (too small, or a
  // magic number that is neither 0 nor kMagic) is refused, and detached. Handout, "Strangers".
  throw shm::NotImplemented{"step 3: find a segment"};
}

// ---- Step 4

/// Removes a segment that is attached here: so its id cannot have gone.
[[maybe_unused]] void remove_id(int id) {
  // TODO (step 4): its key is free, and it goes with its last user. shmctl(2).
  throw shm::NotImplemented{"step 4: remove by id"};
}

}  // namespace

// ---- Step 1: a place -----------------------------------------------------------------------------------------------

Place place_for(const std::string& path, int project) {
  // TODO (step 1): all that a place consists of is known: the key as ftok makes it, and what it was made of, whole.
  // stat(2), ftok(3); handout, "Keys".
  throw shm::NotImplemented{"step 1: make a place"};
}

// ---- Step 2: a new segment -----------------------------------------------------------------------------------------

Segment create(const Place& place, Contents contents, mode_t mode) {
  // TODO (step 2): a new segment has the key, is attached, and says version, type and place, but not kMagic; or an
  // error was thrown, and nothing of it is left. shmget(2); handout, "Making".
  throw shm::NotImplemented{"step 2: create a segment"};
}

Status status(const Segment& segment) {
  // TODO (step 2): the system's five answers are given. The mode is nothing but permissions. IPC_STAT in shmctl(2).
  throw shm::NotImplemented{"step 2: ask for the status"};
}

// ---- Step 3: an existing segment -----------------------------------------------------------------------------------

void publish(Segment& segment) {
  // TODO (step 3): is_ready() is true in every process, and who sees that sees all that was written before.
  // std::memory_order; lab 01, "Ready".
  throw shm::NotImplemented{"step 3: publish a segment"};
}

bool is_ready(const Segment& segment) {
  // TODO (step 3): the answer is given, and after "yes" the publisher's writes are visible.
  throw shm::NotImplemented{"step 3: ask whether it is published"};
}

Segment attach(const Place& place, Contents contents, Access access, shm::Deadline deadline) {
  // TODO (step 3): the segment at the place is attached, is ready, and is what was asked for; or an error was thrown,
  // and nothing is attached. Handout, "Strangers" and "Half-made segments".
  throw shm::NotImplemented{"step 3: attach to a segment"};
}

// ---- Step 4: the end of a segment ----------------------------------------------------------------------------------

bool remove(const Place& place) {
  // TODO (step 4): the key is free; false if it already was. Another's segment is left alone. IPC_RMID in shmctl(2);
  // handout, "Removing".
  throw shm::NotImplemented{"step 4: remove a segment"};
}

void remove_once_shared(const Segment& segment, std::size_t users, shm::Deadline deadline) {
  // TODO (step 4): the segment has so many users, and goes with the last of them; or ETIMEDOUT was thrown and it stays.
  // Handout, "Removing".
  throw shm::NotImplemented{"step 4: remove it once it is shared"};
}

// ---- Step 5: another size ------------------------------------------------------------------------------------------

void replace(Segment& segment, std::size_t payload_bytes) {
  // TODO (step 5): a larger segment has the key, the mode, the type and the payload, is ready, and is what `segment`
  // holds; who still has the old one can find it. Handout, "No other size".
  throw shm::NotImplemented{"step 5: replace a segment"};
}

bool follow(Segment& segment) {
  // TODO (step 5): the segment that nobody has replaced is what `segment` holds; or an error was thrown, and it is what
  // it was. Handout, "No other size".
  throw shm::NotImplemented{"step 5: follow to the successor"};
}

// ---- Step 6: whoever comes first -----------------------------------------------------------------------------------

Segment create_or_attach(const Place& place, Contents contents, mode_t mode,
                         const std::function<void(Segment&)>& initialise, shm::Deadline deadline) {
  // TODO (step 6): one process has made, initialised and published the segment, all others have attached to it; what a
  // dead creator left half-made is gone. Handout, "The dead".
  throw shm::NotImplemented{"step 6: create or attach"};
}

}  // namespace lab
