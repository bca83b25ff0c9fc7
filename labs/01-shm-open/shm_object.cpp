#include "shm_object.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "shm/error.hpp"
#include "shm/not_implemented.hpp"

#pragma GCC diagnostic ignored "-Wunused-parameter"  // a step that is not written yet uses none of its own

namespace lab {
namespace {

/// Throws what check_name() says about a name, if anything.
[[maybe_unused]] void require_valid(std::string_view name) {
  if (const int error = check_name(name); error != 0) shm::throw_error(error, "check_name", name);
}

/// What the system knows about an object: its size, its permissions, how many names it has.
[[maybe_unused]] struct stat status_of(const shm::UniqueFd& fd) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) shm::throw_error(errno, "fstat");
  return status;
}

/// Makes sure that the object has memory for the header and `payload_size` bytes; never makes it smaller.
[[maybe_unused]] void reserve(const shm::UniqueFd& fd, std::size_t payload_size) {
  // TODO (step 2): the object has memory for the header and `payload_size` bytes, so that writing there can never
  // fail; a larger object stays as it is. Every size_t is answered, also one to which no header can be added. A
  // signal in the middle is no error. posix_fallocate(3): mind how it reports errors; handout, "Space".
  throw shm::NotImplemented{"step 2: reserve memory"};
}

/// Maps the object anew if it is larger than what is mapped here; says whether it was.
[[maybe_unused]] bool map_whole(Region& region) {
  // TODO (step 5): all of the object is mapped, maybe elsewhere; true if more than before. When it cannot be, the
  // region is as it was. mremap(2), MREMAP_MAYMOVE; handout, "Growing".
  throw shm::NotImplemented{"step 5: map what was added"};
}

}  // namespace

// ---- Step 1: a name -----------------------------------------------------------------------------------------------

int check_name(std::string_view name) {
  // TODO (step 1): 0, EINVAL or ENAMETOOLONG is returned, as shm_object.hpp says. shm_overview(7); handout, "Names".
  throw shm::NotImplemented{"step 1: check a name"};
}

// ---- Step 2: a new object -----------------------------------------------------------------------------------------

Region create(std::string_view name, std::size_t payload_size, mode_t mode) {
  // TODO (step 2): a new object of exactly this mode exists, has its memory, is mapped and says its size, or an error
  // was thrown and nothing of it is left. shm_open(3), fchmod(2); handout, "All or nothing".
  throw shm::NotImplemented{"step 2: create an object"};
}

// ---- Step 3: an existing object -----------------------------------------------------------------------------------

Region attach(std::string_view name, shm::Deadline deadline) {
  // TODO (step 3): all of an object that has been published is mapped, as large as it really is; or ENOENT or
  // ETIMEDOUT was thrown, and nothing is left open. fstat(2); handout, "Half-made objects".
  throw shm::NotImplemented{"step 3: attach to an object"};
}

// ---- Step 4: ready ------------------------------------------------------------------------------------------------

void publish(Region& region) {
  // TODO (step 4): is_ready() is true in every process, and whoever sees that also sees all that was written before.
  // std::memory_order; handout, "Ready".
  throw shm::NotImplemented{"step 4: publish an object"};
}

bool is_ready(const Region& region) {
  // TODO (step 4): the answer is given, and after "yes" the publisher's writes are visible. std::memory_order;
  // handout, "Ready".
  throw shm::NotImplemented{"step 4: ask whether it is published"};
}

// ---- Step 5: growing ----------------------------------------------------------------------------------------------

void grow(Region& region, std::size_t new_payload_size) {
  // TODO (step 5): the object has the larger size, in memory and in its header, even if others grow it at the same
  // time; it is mapped whole here. posix_fallocate(3), compare_exchange_weak; handout, "Growing".
  throw shm::NotImplemented{"step 5: grow an object"};
}

bool refresh(Region& region) {
  // TODO (step 5): what others added is mapped here too; true if there was something. Most calls find nothing new and
  // need no system call. handout, "Growing".
  throw shm::NotImplemented{"step 5: notice that an object grew"};
}

// ---- Step 6: the end of a name ------------------------------------------------------------------------------------

bool remove(std::string_view name) {
  // TODO (step 6): the name is free; false if it already was. Nobody who has the object mapped notices.
  // shm_unlink(3); handout, "Names come and go".
  throw shm::NotImplemented{"step 6: remove a name"};
}

// ---- Step 7: whoever comes first ----------------------------------------------------------------------------------

Region create_or_attach(std::string_view name, std::size_t payload_size, mode_t mode,
                        const std::function<void(Region&)>& initialise, shm::Deadline deadline) {
  // TODO (step 7): one process has created, initialised and published the object, all others have attached to it; if
  // the initialiser threw, the object is gone and the next may try. Handout, "Whoever comes first".
  throw shm::NotImplemented{"step 7: create or attach"};
}

}  // namespace lab
