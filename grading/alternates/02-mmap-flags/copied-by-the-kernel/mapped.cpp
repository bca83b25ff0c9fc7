// Anonymous memory from memfd_create, a new mapping beside the old one, and copies that the kernel makes.
#include "mapped.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

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
  const std::size_t size = size_of(fd);
  if (size == 0) shm::throw_error(EINVAL, "map_file", "an empty file");
  return map(size, protection_of(access), flags_of(sharing), fd, 0);
}

// ---- Step 2: memory without a name --------------------------------------------------------------------------------

/// A file without a name, of which nobody keeps a descriptor.
shm::Mapping map_anonymous(Sharing sharing, std::size_t size) {
  if (size == 0 || size > static_cast<std::size_t>(PTRDIFF_MAX)) shm::throw_error(EINVAL, "map_anonymous", "the size");
  const shm::UniqueFd fd{::memfd_create("anonymous", MFD_CLOEXEC)};
  if (!fd) shm::throw_error(errno, "memfd_create");
  if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) shm::throw_error(errno, "ftruncate");
  return map(size, PROT_READ | PROT_WRITE, flags_of(sharing), fd.get(), 0);
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

/// The new mapping is made beside the old one, which stays until nothing can fail any more.
void resize(int fd, shm::Mapping& mapping, std::size_t new_size) {
  const std::size_t old_size = size_of(fd);
  if (new_size == 0 || !mapping || mapping.size() != old_size) shm::throw_error(EINVAL, "resize");
  if (new_size == old_size) return;
  if (new_size > old_size) {
    int error = EINTR;
    while (error == EINTR) error = ::posix_fallocate(fd, 0, static_cast<off_t>(new_size));
    if (error != 0) shm::throw_error(error, "posix_fallocate");
  }
  try {
    shm::Mapping other = map(new_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (new_size > old_size) {
      std::fill(other.data() + old_size, other.data() + std::min(page_end(old_size), new_size), std::byte{0});
    } else if (::ftruncate(fd, static_cast<off_t>(new_size)) != 0) {
      shm::throw_error(errno, "ftruncate");
    }
    mapping = std::move(other);
  } catch (...) {
    if (new_size > old_size) static_cast<void>(::ftruncate(fd, static_cast<off_t>(old_size)));
    throw;
  }
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
  // The kernel finds no page where we would find SIGBUS, and says how far it came. No handler, no jump.
  std::size_t done = 0;
  while (done < from.size()) {
    const std::size_t in_page = page_size() - reinterpret_cast<std::uintptr_t>(from.data() + done) % page_size();
    const std::size_t part = std::min(in_page, from.size() - done);
    const iovec here{.iov_base = to.data() + done, .iov_len = part};
    const iovec there{.iov_base = const_cast<std::byte*>(from.data() + done), .iov_len = part};
    const ssize_t got = ::process_vm_readv(::getpid(), &here, 1, &there, 1, 0);
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

}  // namespace lab
