#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <system_error>
#include <thread>

#include "shm/cache_line.hpp"
#include "shm/deadline.hpp"
#include "shm/error.hpp"
#include "shm/mapping.hpp"
#include "shm/unique_fd.hpp"

/// Given: the same thing by POSIX, as plain as it can be (lab 01 is about what is missing here). Errors are
/// std::system_error with the call and the name.
namespace lab::posix {

struct alignas(shm::kCacheLine) Header {
  std::atomic<std::uint64_t> is_ready;
};

/// One process's view of an object: closes and unmaps, the object lives on until remove().
struct Region {
  shm::UniqueFd fd;
  shm::Mapping mapping;

  [[nodiscard]] Header& header() const noexcept { return *reinterpret_cast<Header*>(mapping.data()); }
  [[nodiscard]] std::span<std::byte> payload() const noexcept { return mapping.bytes().subspan(sizeof(Header)); }
};

/// Makes a new object with so many bytes of payload, not ready; the umask cuts its mode. @throws EEXIST, ...
[[nodiscard]] inline Region create(const std::string& name, std::size_t bytes, mode_t mode) {
  Region region;
  region.fd.reset(::shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, mode));
  if (!region.fd) shm::throw_error(errno, "shm_open", name);
  try {
    const std::size_t size = sizeof(Header) + bytes;
    const int error = ::posix_fallocate(region.fd.get(), 0, static_cast<off_t>(size));
    if (error != 0) shm::throw_error(error, "posix_fallocate", name);
    region.mapping = shm::Mapping::shared(region.fd.get(), size);
  } catch (...) {
    ::shm_unlink(name.c_str());
    throw;
  }
  return region;
}

/// Maps an object, once it is ready. @throws ENOENT when there is none, ETIMEDOUT
[[nodiscard]] inline Region attach(const std::string& name, shm::Deadline deadline) {
  Region region;
  region.fd.reset(::shm_open(name.c_str(), O_RDWR, 0));
  if (!region.fd) shm::throw_error(errno, "shm_open", name);
  for (;;) {
    struct stat status {};
    if (::fstat(region.fd.get(), &status) != 0) shm::throw_error(errno, "fstat", name);
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size >= sizeof(Header) && region.mapping.size() != size)
      region.mapping = shm::Mapping::shared(region.fd.get(), size);
    if (region.mapping && region.header().is_ready.load(std::memory_order_acquire) != 0) return region;
    if (status.st_nlink == 0) shm::throw_error(ENOENT, "attach", name);
    if (deadline.passed()) shm::throw_error(ETIMEDOUT, "attach", name);
    std::this_thread::sleep_for(std::chrono::microseconds{200});
  }
}

/// Takes the name away. @return whether there was one
inline bool remove(const std::string& name) { return ::shm_unlink(name.c_str()) == 0; }

/// Attaches to the object, or makes it, runs `initialise` on it and declares it ready.
[[nodiscard]] inline Region create_or_attach(const std::string& name, std::size_t bytes, mode_t mode,
                                             const std::function<void(Region&)>& initialise, shm::Deadline deadline) {
  for (;;) {
    try {
      Region region = create(name, bytes, mode);
      initialise(region);
      region.header().is_ready.store(1, std::memory_order_release);
      return region;
    } catch (const std::system_error& error) {
      if (error.code().value() != EEXIST) throw;
    }
    try {
      return attach(name, deadline);
    } catch (const std::system_error& error) {
      if (error.code().value() != ENOENT || deadline.passed()) throw;
    }
  }
}

}  // namespace lab::posix
