#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <span>
#include <utility>

#include "shm/error.hpp"

namespace shm {

/// Owns a range of mapped memory: unmaps it once, on destruction. Movable, not copyable.
/// Not thread-safe: one thread at a time, like a pointer. The memory behind it may of course be shared.
/// @see mmap(2), munmap(2)
class Mapping {
 public:
  Mapping() = default;
  /// Takes over `size` bytes at `address`, which mmap or mremap returned.
  Mapping(void* address, std::size_t size) noexcept : address_{address}, size_{size} {}
  Mapping(Mapping&& other) noexcept
      : address_{std::exchange(other.address_, nullptr)}, size_{std::exchange(other.size_, 0)} {}
  Mapping& operator=(Mapping&& other) noexcept {
    if (this != &other) {
      unmap();
      address_ = std::exchange(other.address_, nullptr);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { unmap(); }

  /// Maps the first `size` bytes of `fd`, shared, for reading and writing.
  /// @throws std::system_error what mmap(2) failed with
  [[nodiscard]] static Mapping shared(int fd, std::size_t size) {
    void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (address == MAP_FAILED) throw_error(errno, "mmap");
    return {address, size};
  }

  [[nodiscard]] std::byte* data() const noexcept { return static_cast<std::byte*>(address_); }
  /// Length in bytes; 0 when nothing is mapped.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {data(), size_}; }
  explicit operator bool() const noexcept { return address_ != nullptr; }

  /// Gives the range away: the caller unmaps it (or has moved it, as mremap does).
  [[nodiscard]] void* release() noexcept {
    size_ = 0;
    return std::exchange(address_, nullptr);
  }

 private:
  void unmap() noexcept {
    if (address_ != nullptr) ::munmap(address_, size_);
  }

  void* address_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace shm
