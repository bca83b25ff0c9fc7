#include "mapped.hpp"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>

#include "shm/error.hpp"
#include "shm/not_implemented.hpp"

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
  // TODO (step 3): EINVAL was thrown, naming the call and the numbers, unless the range has a byte and lies wholly in
  // the `whole` bytes that there are. Each sum that you write may wrap. Handout, "A window".
  throw shm::NotImplemented{"step 3: refuse a range"};
}

}  // namespace

// ---- Step 1: a whole file -----------------------------------------------------------------------------------------

shm::Mapping map_file(int fd, Sharing sharing, Access access) {
  // TODO (step 1): all of the file is mapped, as it was asked for; or EINVAL for an empty file, or the system's error,
  // was thrown. mmap(2), fstat(2); handout, "Shared and private".
  throw shm::NotImplemented{"step 1: map a file"};
}

// ---- Step 2: memory without a name --------------------------------------------------------------------------------

shm::Mapping map_anonymous(Sharing sharing, std::size_t size) {
  // TODO (step 2): new memory is mapped that a child of fork(2) shares, or does not. mmap(2), MAP_ANONYMOUS; handout,
  // "Shared and private".
  throw shm::NotImplemented{"step 2: map memory without a name"};
}

// ---- Step 3: a window ---------------------------------------------------------------------------------------------

Window map_window(int fd, Range range, Sharing sharing, Access access) {
  // TODO (step 3): the pages that hold the range are mapped, and no others; `bytes` are those that were asked for. A
  // range that is not wholly in the file was refused. mmap(2) on the offset; handout, "A window".
  throw shm::NotImplemented{"step 3: map a window"};
}

// ---- Step 4: another size -----------------------------------------------------------------------------------------

void resize(int fd, shm::Mapping& mapping, std::size_t new_size) {
  // TODO (step 4): the file and the mapping have the new size, what is new is zero and has memory; or an error was
  // thrown and both are as they were. posix_fallocate(3), mremap(2), ftruncate(2); handout, "Two sizes".
  throw shm::NotImplemented{"step 4: resize"};
}

// ---- Step 5: protection -------------------------------------------------------------------------------------------

void protect(const shm::Mapping& mapping, Range range, Access access) {
  // TODO (step 5): each page that holds a byte of the range allows this access, no other page has changed. mprotect(2);
  // handout, "Pages".
  throw shm::NotImplemented{"step 5: protect pages"};
}

// ---- Step 6: pages in advance -------------------------------------------------------------------------------------

void prefault(const shm::Mapping& mapping, Range range, Access access) {
  // TODO (step 6): each page that holds a byte of the range is in this process's page table, ready for the access; no
  // byte has changed. MADV_POPULATE_READ in madvise(2); handout, "Advice".
  throw shm::NotImplemented{"step 6: bring pages in advance"};
}

bool advise_huge(const shm::Mapping& mapping) {
  // TODO (step 6): the kernel was asked for huge pages, and its answer is returned. MADV_HUGEPAGE in madvise(2);
  // handout, "Advice".
  throw shm::NotImplemented{"step 6: ask for huge pages"};
}

// ---- Step 7: contents that nobody needs ---------------------------------------------------------------------------

std::size_t discard(const shm::Mapping& mapping, Range range, Sharing sharing) {
  // TODO (step 7): the whole pages inside the range read zero (or their file again), for everybody whom the sharing
  // concerns, and their memory is given back. MADV_DONTNEED and MADV_REMOVE in madvise(2); handout, "Advice".
  throw shm::NotImplemented{"step 7: discard contents"};
}

// ---- Step 8: a reader that survives -------------------------------------------------------------------------------

std::size_t copy_guarded(std::span<std::byte> to, std::span<const std::byte> from) {
  // TODO (step 8): as much was copied as there is before the first page that is gone, and its length is returned. A
  // SIGBUS of anybody else's goes where it would go without this function. sigaction(2), sigsetjmp(3); handout,
  // "SIGBUS".
  throw shm::NotImplemented{"step 8: copy with a guard"};
}

}  // namespace lab
