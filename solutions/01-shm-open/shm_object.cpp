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
  if (payload_size > static_cast<std::size_t>(PTRDIFF_MAX) - sizeof(Header)) shm::throw_error(EFBIG, "reserve");
  const auto total = static_cast<off_t>(sizeof(Header) + payload_size);
  int error = 0;
  do {
    error = ::posix_fallocate(fd.get(), 0, total);
  } while (error == EINTR);  // a signal stopped it half-way; what it had reserved was given back
  if (error != 0) shm::throw_error(error, "posix_fallocate");
}

/// Maps the object anew if it is larger than what is mapped here; says whether it was.
[[maybe_unused]] bool map_whole(Region& region) {
  const auto size = static_cast<std::size_t>(status_of(region.fd).st_size);
  if (size <= region.mapping.size()) return false;
  void* moved = ::mremap(region.mapping.data(), region.mapping.size(), size, MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) shm::throw_error(errno, "mremap");  // the old mapping is still there
  static_cast<void>(region.mapping.release());
  region.mapping = shm::Mapping{moved, size};
  return true;
}

}  // namespace

// ---- Step 1: a name -----------------------------------------------------------------------------------------------

int check_name(std::string_view name) {
  name.remove_prefix(std::min(name.find_first_not_of('/'), name.size()));
  if (name.empty() || name == "." || name == "..") return EINVAL;
  if (name.find('/') != name.npos || name.find('\0') != name.npos) return EINVAL;
  return name.size() > NAME_MAX ? ENAMETOOLONG : 0;
}

// ---- Step 2: a new object -----------------------------------------------------------------------------------------

Region create(std::string_view name, std::size_t payload_size, mode_t mode) {
  require_valid(name);
  if (payload_size == 0) shm::throw_error(EINVAL, "create", name);
  const std::string terminated{name};
  Region region;
  region.fd.reset(::shm_open(terminated.c_str(), O_CREAT | O_EXCL | O_RDWR, mode));
  if (!region.fd) shm::throw_error(errno, "shm_open", name);
  try {  // from here on the name is ours, so it is ours to take away
    if (::fchmod(region.fd.get(), mode) != 0) shm::throw_error(errno, "fchmod", name);
    reserve(region.fd, payload_size);
    region.mapping = shm::Mapping::shared(region.fd.get(), sizeof(Header) + payload_size);
    // Others may look at the header already: it came zeroed, so it is stored to, not constructed.
    region.header().size.store(payload_size, std::memory_order_release);
  } catch (...) {
    ::shm_unlink(terminated.c_str());
    throw;
  }
  return region;
}

// ---- Step 3: an existing object -----------------------------------------------------------------------------------

Region attach(std::string_view name, shm::Deadline deadline) {
  require_valid(name);
  Region region;
  region.fd.reset(::shm_open(std::string{name}.c_str(), O_RDWR, 0));
  if (!region.fd) shm::throw_error(errno, "shm_open", name);
  for (;;) {
    const struct stat seen = status_of(region.fd);
    const bool has_header = seen.st_size >= static_cast<off_t>(sizeof(Header));
    if (has_header && !region.mapping) region.mapping = shm::Mapping::shared(region.fd.get(), sizeof(Header));
    if (region.mapping && is_ready(region)) break;
    if (seen.st_nlink == 0) shm::throw_error(ENOENT, "attach", name);  // given up by its creator: never ready now
    if (deadline.passed()) shm::throw_error(ETIMEDOUT, "attach", name);
    // The kernel has nothing to wait on for "sized" and "ready" both, so look again and again.
    std::this_thread::sleep_for(
        std::min<shm::Deadline::Clock::duration>(deadline.remaining(), std::chrono::microseconds{200}));
  }
  // Until now only the header was mapped. The size is asked for again: it may have changed before it was ready.
  region.mapping = shm::Mapping::shared(region.fd.get(), static_cast<std::size_t>(status_of(region.fd).st_size));
  return region;
}

// ---- Step 4: ready ------------------------------------------------------------------------------------------------

void publish(Region& region) {
  region.header().ready.store(1, std::memory_order_release);  // what was written before cannot move behind it
}

bool is_ready(const Region& region) {
  return region.header().ready.load(std::memory_order_acquire) != 0;  // what is read next cannot move before it
}

// ---- Step 5: growing ----------------------------------------------------------------------------------------------

void grow(Region& region, std::size_t new_payload_size) {
  if (new_payload_size < region.payload().size()) shm::throw_error(EINVAL, "grow");
  reserve(region.fd, new_payload_size);
  std::atomic<std::uint64_t>& size = region.header().size;
  std::uint64_t seen = size.load(std::memory_order_relaxed);
  while (seen < new_payload_size &&  // somebody with a larger wish has told everybody already
         !size.compare_exchange_weak(seen, new_payload_size, std::memory_order_release, std::memory_order_relaxed)) {
  }
  map_whole(region);
}

bool refresh(Region& region) {
  if (region.header().size.load(std::memory_order_acquire) <= region.payload().size()) return false;
  return map_whole(region);
}

// ---- Step 6: the end of a name ------------------------------------------------------------------------------------

bool remove(std::string_view name) {
  require_valid(name);
  if (::shm_unlink(std::string{name}.c_str()) == 0) return true;
  if (errno != ENOENT) shm::throw_error(errno, "shm_unlink", name);
  return false;
}

// ---- Step 7: whoever comes first ----------------------------------------------------------------------------------

Region create_or_attach(std::string_view name, std::size_t payload_size, mode_t mode,
                        const std::function<void(Region&)>& initialise, shm::Deadline deadline) {
  for (;;) {
    std::optional<Region> ours;
    try {
      ours = create(name, payload_size, mode);
    } catch (const std::system_error& error) {
      if (error.code().value() != EEXIST) throw;
    }
    if (ours) {  // outside of that try: an EEXIST of the initialiser's means something else
      try {
        initialise(*ours);
      } catch (...) {
        ::shm_unlink(std::string{name}.c_str());
        throw;
      }
      publish(*ours);
      return std::move(*ours);
    }
    try {
      return attach(name, deadline);
    } catch (const std::system_error& error) {
      if (error.code().value() != ENOENT) throw;
    }
    // It went between the two, or its creator gave up: try to be the creator.
    if (deadline.passed()) shm::throw_error(ETIMEDOUT, "create_or_attach", name);
  }
}

}  // namespace lab
