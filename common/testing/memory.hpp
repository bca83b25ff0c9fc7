#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <new>
#include <span>
#include <vector>

#include "shm/cache_line.hpp"
#include "shm/error.hpp"
#include "shm/mapping.hpp"
#include "shm/unique_fd.hpp"
#include "testing/fresh_name.hpp"

/// Memory for what a lab lays out in given bytes.
namespace judge {

/// Memory of exactly `size` bytes on a cache line's boundary, so that a checker sees who leaves it; full of rubbish, so
/// that nobody counts on zeroes, unless the lab promises other contents.
class PrivateMemory {
 public:
  static constexpr unsigned char kRubbish = 0xA5;

  explicit PrivateMemory(std::size_t size, unsigned char filled_with = kRubbish)
      : bytes_{static_cast<std::byte*>(::operator new(size, kAlignment)), size} {
    std::memset(bytes_.data(), filled_with, size);
  }
  PrivateMemory(const PrivateMemory&) = delete;
  PrivateMemory& operator=(const PrivateMemory&) = delete;
  ~PrivateMemory() { ::operator delete(bytes_.data(), kAlignment); }

  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }
  [[nodiscard]] std::vector<std::byte> copy() const { return {bytes_.begin(), bytes_.end()}; }

 private:
  static constexpr std::align_val_t kAlignment{shm::kCacheLine};
  std::span<std::byte> bytes_;
};

/// An object of zeroes that every process maps by itself. Its name goes with it.
class SharedMemory {
 public:
  explicit SharedMemory(std::size_t size = std::size_t{64} * 1024) : size_{size} {
    const shm::UniqueFd fd{::shm_open(name_.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600)};
    if (!fd) shm::throw_error(errno, "shm_open", name_.str());
    if (::ftruncate(fd.get(), static_cast<off_t>(size)) == -1) shm::throw_error(errno, "ftruncate", name_.str());
  }
  [[nodiscard]] shm::Mapping map() const {
    const shm::UniqueFd fd{::shm_open(name_.c_str(), O_RDWR, 0)};
    if (!fd) shm::throw_error(errno, "shm_open", name_.str());
    return shm::Mapping::shared(fd.get(), size_);
  }
  /// For one who may only look: who writes to it dies of SIGSEGV.
  [[nodiscard]] shm::Mapping map_read_only() const {
    const shm::UniqueFd fd{::shm_open(name_.c_str(), O_RDONLY, 0)};
    if (!fd) shm::throw_error(errno, "shm_open", name_.str());
    void* at = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd.get(), 0);
    if (at == MAP_FAILED) shm::throw_error(errno, "mmap", name_.str());
    return {at, size_};
  }

 private:
  FreshName name_;
  std::size_t size_;
};

/// Memory of a size that differs from process to process: what is mapped next lies at another address in each.
[[nodiscard]] inline shm::Mapping some_pages() {
  const std::size_t size = (static_cast<std::size_t>(::getpid()) % 61 + 1) * 4096;
  void* at = ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) shm::throw_error(errno, "mmap");
  return {at, size};
}

}  // namespace judge
