// Devices and files for everything: /dev/zero for memory, a hole for the tail, /proc/self/mem to read what may be gone.
#include "mapped.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "shm/error.hpp"
#include "shm/unique_fd.hpp"

#pragma GCC diagnostic ignored "-Wunused-parameter"  // a step that is not written yet uses none of its own

namespace lab {
namespace {

[[maybe_unused]] std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

[[maybe_unused]] std::size_t page_begin(std::size_t at) { return at / page_size() * page_size(); }

/// @param at  must not lie in the last page that a size_t can count to
[[maybe_unused]] std::size_t page_end(std::size_t at) { return page_begin(at + page_size() - 1); }

[[maybe_unused]] std::size_t size_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) shm::throw_error(errno, "fstat", "fd " + std::to_string(fd));
  return static_cast<std::size_t>(status.st_size);
}

[[maybe_unused]] int flags_of(Sharing sharing) { return sharing == Sharing::kShared ? MAP_SHARED : MAP_PRIVATE; }

[[maybe_unused]] int protection_of(Access access) {
  switch (access) {
    case Access::kRead:
      return PROT_READ;
    case Access::kReadWrite:
      return PROT_READ | PROT_WRITE;
    case Access::kNone:
      break;
  }
  return PROT_NONE;
}

/// mmap(2) with an owner for what it returns.
[[maybe_unused]] shm::Mapping map(std::size_t size, int protection, int flags, int fd, std::size_t offset) {
  void* address = ::mmap(nullptr, size, protection, flags, fd, static_cast<off_t>(offset));
  if (address == MAP_FAILED) shm::throw_error(errno, "mmap", std::to_string(size) + " bytes");
  return {address, size};
}

/// Throws EINVAL unless the range has a byte, and lies wholly in the `whole` bytes that there are.
[[maybe_unused]] void require_inside(Range range, std::size_t whole, std::string_view call) {
  if (range.length != 0 && range.offset < whole && range.length <= whole - range.offset) return;
  shm::throw_error(EINVAL, call,
                   std::to_string(range.length) + " bytes from " + std::to_string(range.offset) + " on, of " +
                       std::to_string(whole));
}

}  // namespace

// ---- Step 1: a whole file -----------------------------------------------------------------------------------------

shm::Mapping map_file(int fd, Sharing sharing, Access access) {
  return map_window(fd, {0, size_of(fd)}, sharing, access).mapping;
}

// ---- Step 2: memory without a name --------------------------------------------------------------------------------

/// As it was done before there was MAP_ANONYMOUS.
shm::Mapping map_anonymous(Sharing sharing, std::size_t size) {
  if (size == 0) shm::throw_error(EINVAL, "map_anonymous", "0 bytes");
  const shm::UniqueFd zero{::open("/dev/zero", O_RDWR | O_CLOEXEC)};
  if (!zero) shm::throw_error(errno, "open", "/dev/zero");
  return map(size, PROT_READ | PROT_WRITE, flags_of(sharing), zero.get(), 0);
}

// ---- Step 3: a window ---------------------------------------------------------------------------------------------

Window map_window(int fd, Range range, Sharing sharing, Access access) {
  require_inside(range, size_of(fd), "map_window");
  const std::size_t first = page_begin(range.offset);
  const std::size_t before = range.offset - first;  // bytes of the first page that nobody asked for
  Window window{.mapping = map(before + range.length, protection_of(access), flags_of(sharing), fd, first),
                .bytes = {}};
  window.bytes = window.mapping.bytes().subspan(before);
  return window;
}

// ---- Step 4: another size -----------------------------------------------------------------------------------------

namespace {

/// The mapping maps so many bytes, maybe elsewhere; or an error was thrown, and it is as it was.
[[maybe_unused]] void remap(shm::Mapping& mapping, std::size_t size) {
  void* moved = ::mremap(mapping.data(), mapping.size(), size, MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) shm::throw_error(errno, "mremap", std::to_string(size) + " bytes");
  static_cast<void>(mapping.release());  // it has gone to the new place
  mapping = shm::Mapping{moved, size};
}

[[maybe_unused]] void reserve(int fd, std::size_t size) {
  int error = 0;
  do {
    error = ::posix_fallocate(fd, 0, static_cast<off_t>(size));
  } while (error == EINTR);
  if (error != 0) shm::throw_error(error, "posix_fallocate", std::to_string(size) + " bytes");
}

/// First memory, then a hole in what was the tail, then the mapping.
void grow(int fd, shm::Mapping& mapping, std::size_t new_size) {
  const std::size_t old_size = mapping.size();
  reserve(fd, new_size);
  try {
    const std::size_t tail = std::min(page_end(old_size), new_size) - old_size;
    while (tail != 0 && ::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(old_size),
                                    static_cast<off_t>(tail)) != 0) {
      if (errno != EINTR) shm::throw_error(errno, "fallocate");
    }
    remap(mapping, new_size);
  } catch (...) {
    static_cast<void>(::ftruncate(fd, static_cast<off_t>(old_size)));
    throw;
  }
}

[[maybe_unused]] void shrink(int fd, shm::Mapping& mapping, std::size_t new_size) {
  const std::size_t old_size = mapping.size();
  remap(mapping, new_size);
  // The call that nothing can undo comes last.
  while (::ftruncate(fd, static_cast<off_t>(new_size)) != 0) {
    if (errno == EINTR) continue;
    const int error = errno;
    remap(mapping, old_size);
    shm::throw_error(error, "ftruncate", std::to_string(new_size) + " bytes");
  }
}

}  // namespace

void resize(int fd, shm::Mapping& mapping, std::size_t new_size) {
  const std::size_t old_size = size_of(fd);
  if (new_size == 0) shm::throw_error(EINVAL, "resize", "0 bytes");
  if (mapping.size() == 0 || mapping.size() != old_size) {
    shm::throw_error(EINVAL, "resize", std::to_string(mapping.size()) + " bytes mapped of " + std::to_string(old_size));
  }
  if (new_size > old_size) grow(fd, mapping, new_size);
  if (new_size < old_size) shrink(fd, mapping, new_size);
}

// ---- Step 5: protection -------------------------------------------------------------------------------------------

void protect(const shm::Mapping& mapping, Range range, Access access) {
  require_inside(range, mapping.size(), "protect");
  if (::mprotect(mapping.data() + range.offset, range.length, protection_of(access)) != 0) {
    shm::throw_error(errno, "mprotect", std::to_string(range.offset));
  }
}

// ---- Step 6: pages in advance -------------------------------------------------------------------------------------

namespace {

/// For a kernel that has no call for it: each page is read, or written without a change.
[[maybe_unused]] void touch(std::byte* begin, std::byte* end, Access access) {
  for (std::byte* page = begin; page < end; page += page_size()) {
    std::atomic_ref<unsigned char> byte{*reinterpret_cast<unsigned char*>(page)};
    if (access == Access::kReadWrite) {
      byte.fetch_or(0, std::memory_order_relaxed);  // a plain "read, then write back" loses what another writes between
    } else {
      static_cast<void>(byte.load(std::memory_order_relaxed));
    }
  }
}

}  // namespace

void prefault(const shm::Mapping& mapping, Range range, Access access) {
  require_inside(range, mapping.size(), "prefault");
  if (access == Access::kNone) shm::throw_error(EINVAL, "prefault", "kNone");
  std::byte* begin = mapping.data() + page_begin(range.offset);
  std::byte* end = mapping.data() + range.offset + range.length;
  const int advice = access == Access::kReadWrite ? MADV_POPULATE_WRITE : MADV_POPULATE_READ;
  int result = 0;
  do {
    result = ::madvise(begin, static_cast<std::size_t>(end - begin), advice);
  } while (result != 0 && errno == EINTR);
  if (result == 0) return;
  if (errno != EINVAL) shm::throw_error(errno, "madvise", std::to_string(range.offset));
  touch(begin, end, access);
}

bool advise_huge(const shm::Mapping& mapping) {
  if (!mapping) shm::throw_error(EINVAL, "advise_huge", "nothing mapped");
  return ::madvise(mapping.data(), mapping.size(), MADV_HUGEPAGE) == 0;
}

// ---- Step 7: contents that nobody needs ---------------------------------------------------------------------------

std::size_t discard(const shm::Mapping& mapping, Range range, Sharing sharing) {
  require_inside(range, mapping.size(), "discard");
  const std::size_t first = page_end(range.offset);
  const std::size_t end = page_begin(range.offset + range.length);
  if (first >= end) return 0;
  const int advice = sharing == Sharing::kShared ? MADV_REMOVE : MADV_DONTNEED;
  if (::madvise(mapping.data() + first, end - first, advice) != 0) {
    shm::throw_error(errno, "madvise", std::to_string(end - first) + " bytes from " + std::to_string(first) + " on");
  }
  return end - first;
}

// ---- Step 8: a reader that survives -------------------------------------------------------------------------------

std::size_t copy_guarded(std::span<std::byte> to, std::span<const std::byte> from) {
  if (to.size() < from.size()) {
    shm::throw_error(EINVAL, "copy_guarded", std::to_string(from.size()) + " bytes into " + std::to_string(to.size()));
  }
  // Our own memory is a file as well: reading from it finds EIO where we would find SIGBUS.
  const shm::UniqueFd memory{::open("/proc/self/mem", O_RDONLY | O_CLOEXEC)};
  if (!memory) shm::throw_error(errno, "open", "/proc/self/mem");
  std::size_t done = 0;
  while (done < from.size()) {
    const auto at = reinterpret_cast<std::uintptr_t>(from.data() + done);
    const std::size_t part = std::min(page_size() - at % page_size(), from.size() - done);
    const ssize_t got = ::pread(memory.get(), to.data() + done, part, static_cast<off_t>(at));
    if (got <= 0 && !(got < 0 && errno == EINTR)) break;
    done += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
  }
  return done;
}

}  // namespace lab
