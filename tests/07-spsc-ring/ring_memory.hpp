#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>

#include "ring.hpp"
#include "shm/cache_line.hpp"
#include "shm/error.hpp"
#include "shm/mapping.hpp"
#include "shm/unique_fd.hpp"
#include "testing/fresh_name.hpp"
#include "testing/subject.hpp"

/// Memory of exactly `size` bytes, so that a checker sees who leaves it, and full of rubbish, so that nobody counts on
/// zeroes.
class PrivateMemory {
 public:
  explicit PrivateMemory(std::size_t size) : bytes_{static_cast<std::byte*>(::operator new(size, kAlignment)), size} {
    std::memset(bytes_.data(), 0xA5, size);
  }
  PrivateMemory(const PrivateMemory&) = delete;
  PrivateMemory& operator=(const PrivateMemory&) = delete;
  ~PrivateMemory() { ::operator delete(bytes_.data(), kAlignment); }

  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }

 private:
  static constexpr std::align_val_t kAlignment{shm::kCacheLine};
  std::span<std::byte> bytes_;
};

/// A ring in memory of its own, for a subject that plays both sides.
template <typename T>
struct PrivateRing {
  explicit PrivateRing(std::size_t capacity, std::uint64_t first = 0)
      : memory{lab::Ring<T>::bytes_for(capacity)}, ring{lab::Ring<T>::create(memory.bytes(), capacity, first)} {}

  PrivateMemory memory;
  lab::Ring<T> ring;
};

/// An object that every subject maps by itself, at an address of its own.
class SharedMemory {
 public:
  explicit SharedMemory(std::size_t size = 64 * 1024) : size_{size} {
    const shm::UniqueFd fd{::shm_open(name_.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600)};
    if (!fd) shm::throw_error(errno, "shm_open", name_.str());
    if (::ftruncate(fd.get(), static_cast<off_t>(size)) == -1) shm::throw_error(errno, "ftruncate", name_.str());
  }

  [[nodiscard]] shm::Mapping map() const {
    const shm::UniqueFd fd{::shm_open(name_.c_str(), O_RDWR, 0)};
    if (!fd) shm::throw_error(errno, "shm_open", name_.str());
    return shm::Mapping::shared(fd.get(), size_);
  }

 private:
  judge::FreshName name_;
  std::size_t size_;
};

/// Creates a ring in shared memory, by a subject that ends before the peers start.
template <typename T>
[[nodiscard]] judge::Outcome<judge::Unit> make_ring(const SharedMemory& memory, std::size_t capacity,
                                                    std::uint64_t first = 0) {
  return judge::subject([&] {
    const auto mapping = memory.map();
    static_cast<void>(lab::Ring<T>::create(mapping.bytes(), capacity, first));
  });
}

/// The ring in shared memory, as one process sees it.
template <typename T>
struct AttachedRing {
  explicit AttachedRing(const SharedMemory& memory)
      : mapping{memory.map()}, ring{lab::Ring<T>::attach(mapping.bytes())} {}

  shm::Mapping mapping;
  lab::Ring<T> ring;
};

/// From here on this process dies of SIGSEGV when it writes to the mapping beyond its first page: in the middle of a
/// copy.
inline void forbid_writing_behind_first_page(const shm::Mapping& mapping) {
  constexpr std::size_t kPage = 4096;
  if (::mprotect(mapping.data() + kPage, mapping.size() - kPage, PROT_READ) == -1) shm::throw_error(errno, "mprotect");
}
