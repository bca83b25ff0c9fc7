#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>

#include "shm/error.hpp"
#include "shm/mapping.hpp"

namespace bench {

/// Shared memory without a name.
inline shm::Mapping anonymous_shared(std::size_t size) {
  void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (address == MAP_FAILED) shm::throw_error(errno, "mmap");
  return {address, size};
}

}  // namespace bench
