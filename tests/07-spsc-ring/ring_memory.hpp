#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "ring.hpp"
#include "shm/error.hpp"
#include "shm/mapping.hpp"
#include "testing/memory.hpp"
#include "testing/subject.hpp"

/// A ring in memory of its own, for a subject that plays both sides.
template <typename T>
struct PrivateRing {
  explicit PrivateRing(std::size_t capacity, std::uint64_t first = 0)
      : memory{lab::Ring<T>::bytes_for(capacity)}, ring{lab::Ring<T>::create(memory.bytes(), capacity, first)} {}

  judge::PrivateMemory memory;
  lab::Ring<T> ring;
};

/// Creates a ring in shared memory, by a subject that ends before the peers start.
template <typename T>
[[nodiscard]] judge::Outcome<judge::Unit> make_ring(const judge::SharedMemory& memory, std::size_t capacity,
                                                    std::uint64_t first = 0) {
  return judge::subject([&] {
    const auto mapping = memory.map();
    static_cast<void>(lab::Ring<T>::create(mapping.bytes(), capacity, first));
  });
}

/// The ring in shared memory, as one process sees it.
template <typename T>
struct AttachedRing {
  explicit AttachedRing(const judge::SharedMemory& memory)
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
