#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <new>
#include <type_traits>

#include "shm/error.hpp"

namespace judge {

/// A T that the judge and all subjects started after it share: MAP_SHARED | MAP_ANONYMOUS, so it has no name and no
/// descriptor. T must be address-free (atomics, plain data).
template <typename T>
class Shared {
 public:
  static_assert(std::is_trivially_destructible_v<T>);

  Shared() {
    void* address = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED) shm::throw_error(errno, "mmap");
    value_ = new (address) T{};
  }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  ~Shared() { ::munmap(value_, sizeof(T)); }

  T& operator*() const { return *value_; }
  T* operator->() const { return value_; }

 private:
  T* value_;
};

}  // namespace judge
