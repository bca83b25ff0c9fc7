// Room in the address space first, munmap instead of mremap to shrink, mlock to bring pages, a handler that stays.
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

shm::Mapping map_anonymous(Sharing sharing, std::size_t size) {
  if (size == 0) shm::throw_error(EINVAL, "map_anonymous", "0 bytes");
  return map(size, PROT_READ | PROT_WRITE, flags_of(sharing) | MAP_ANONYMOUS, -1, 0);
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

void set_size(int fd, std::size_t size) {
  while (::ftruncate(fd, static_cast<off_t>(size)) != 0) {
    if (errno != EINTR) shm::throw_error(errno, "ftruncate");
  }
}

/// First room in the address space, which can be given back without a loss; then memory.
void grow(int fd, shm::Mapping& mapping, std::size_t new_size) {
  const std::size_t old_size = mapping.size();
  void* moved = ::mremap(mapping.data(), old_size, new_size, MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) shm::throw_error(errno, "mremap");
  static_cast<void>(mapping.release());
  mapping = shm::Mapping{moved, new_size};
  const std::size_t tail = std::min(page_end(old_size), new_size) - old_size;
  std::memset(mapping.data() + old_size, 0, tail);  // in the last page, behind the end: it is there
  int error = EINTR;
  while (error == EINTR) {
    error = ::fallocate(fd, 0, static_cast<off_t>(old_size), static_cast<off_t>(new_size - old_size)) == 0 ? 0 : errno;
  }
  if (error == 0) return;
  if (page_end(old_size) < page_end(new_size)) {
    ::munmap(mapping.data() + page_end(old_size), page_end(new_size) - page_end(old_size));
  }
  mapping = shm::Mapping{mapping.release(), old_size};
  shm::throw_error(error, "fallocate");
}

/// First the file; the pages that lie behind its end then are nobody's, and munmap takes them.
void shrink(int fd, shm::Mapping& mapping, std::size_t new_size) {
  const std::size_t old_size = mapping.size();
  set_size(fd, new_size);
  const std::size_t end = page_end(new_size);
  if (end < page_end(old_size)) ::munmap(mapping.data() + end, page_end(old_size) - end);
  mapping = shm::Mapping{mapping.release(), new_size};
}

}  // namespace

void resize(int fd, shm::Mapping& mapping, std::size_t new_size) {
  const std::size_t old_size = size_of(fd);
  if (new_size == 0 || new_size > static_cast<std::size_t>(PTRDIFF_MAX)) shm::throw_error(EINVAL, "resize", "the size");
  if (!mapping || mapping.size() != old_size) shm::throw_error(EINVAL, "resize", "another mapping");
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

/// To lock pages is to bring them; a private one is copied for that. They stay when they are unlocked.
void prefault(const shm::Mapping& mapping, Range range, Access access) {
  require_inside(range, mapping.size(), "prefault");
  if (access == Access::kNone) shm::throw_error(EINVAL, "prefault", "kNone");
  const std::size_t first = page_begin(range.offset);
  const std::size_t size = range.offset + range.length - first;
  const int error = ::mlock(mapping.data() + first, size) == 0 ? 0 : errno;
  ::munlock(mapping.data() + first, size);
  if (error != 0) shm::throw_error(error, "mlock");
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

namespace {

/// A copy that runs in this thread.
struct Copy {
  sigjmp_buf way_out;
  const std::byte* begin;
  const std::byte* end;
  volatile std::size_t done;  // changed between sigsetjmp and siglongjmp
};

thread_local Copy* running = nullptr;

std::mutex handler_lock;
struct sigaction earlier {};

void on_sigbus(int signal, siginfo_t* info, void* context) {
  Copy* copy = running;
  const auto* at = static_cast<const std::byte*>(info->si_addr);
  if (copy != nullptr && info->si_code > 0 && at >= copy->begin && at < copy->end) siglongjmp(copy->way_out, 1);
  const struct sigaction next = earlier;
  if ((next.sa_flags & SA_SIGINFO) == 0 && (next.sa_handler == SIG_DFL || next.sa_handler == SIG_IGN)) {
    if (next.sa_handler == SIG_IGN && info->si_code <= 0) return;
    ::signal(signal, SIG_DFL);
    ::raise(signal);
  } else if ((next.sa_flags & SA_SIGINFO) != 0) {
    next.sa_sigaction(signal, info, context);
  } else {
    next.sa_handler(signal);
  }
}

/// It stays when it is there; somebody may have taken its place since the last copy, and is asked first then.
void see_to_the_handler() {
  const std::lock_guard lock{handler_lock};
  struct sigaction now {};
  if (::sigaction(SIGBUS, nullptr, &now) != 0) shm::throw_error(errno, "sigaction");
  if ((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == on_sigbus) return;
  earlier = now;
  struct sigaction ours {};
  ours.sa_sigaction = on_sigbus;
  ours.sa_flags = SA_SIGINFO | SA_NODEFER;
  if (::sigaction(SIGBUS, &ours, nullptr) != 0) shm::throw_error(errno, "sigaction");
}

/// No object with a destructor lives in here: siglongjmp would step over it.
std::size_t copy_until_sigbus(std::byte* to, Copy& copy) {
  const auto size = static_cast<std::size_t>(copy.end - copy.begin);
  if (sigsetjmp(copy.way_out, 1) == 0) {  // with SA_NODEFER, only ThreadSanitizer's own handler has masked anything
    running = &copy;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    // Page by page: memcpy may begin at either end, so where it stopped would not say what it has copied.
    while (copy.done < size) {
      const std::byte* from = copy.begin + copy.done;
      const std::size_t rest_of_page = page_size() - reinterpret_cast<std::uintptr_t>(from) % page_size();
      const std::size_t part = std::min(rest_of_page, size - copy.done);
      std::memcpy(to + copy.done, from, part);
      std::atomic_signal_fence(std::memory_order_seq_cst);
      copy.done = copy.done + part;
    }
  }
  running = nullptr;
  return copy.done;
}

}  // namespace

std::size_t copy_guarded(std::span<std::byte> to, std::span<const std::byte> from) {
  if (to.size() < from.size()) {
    shm::throw_error(EINVAL, "copy_guarded", std::to_string(from.size()) + " bytes into " + std::to_string(to.size()));
  }
  see_to_the_handler();
  Copy copy{.way_out = {}, .begin = from.data(), .end = from.data() + from.size(), .done = 0};
  return copy_until_sigbus(to.data(), copy);
}

}  // namespace lab
