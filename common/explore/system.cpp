#include "explore/system.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "explore/pass_on.hpp"

namespace explore::detail {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kWindow = std::size_t{64} << 10;  // an object of a scenario is no larger

// The C library's own: those of our name would come back here.
void* bare_mmap(void* at, std::size_t size, int protection, int flags, int fd, off_t offset) {
  static auto* const real = next_named<void*(void*, std::size_t, int, int, int, off_t)>("mmap");
  return real(at, size, protection, flags, fd, offset);
}
void bare_close(int fd) {
  static auto* const real = next_named<int(int)>("close");
  real(fd);
}

std::size_t in_pages(std::size_t size) { return (size + kPage - 1) / kPage * kPage; }

}  // namespace

void System::restart() {
  for (Window& window : windows_) clear(window);
  windows_.clear();
  for (const int fd : open_) bare_close(fd);
  open_.clear();
}

void System::opened(int fd) {
  if (fd >= 0) open_.push_back(fd);
}

void System::closed(int fd) { open_.erase(std::remove(open_.begin(), open_.end(), fd), open_.end()); }

System::Window* System::at(const void* address) {
  const auto begin = reinterpret_cast<std::uintptr_t>(address);
  for (Window& window : windows_) {
    if (window.users > 0 && begin >= window.begin && begin < window.begin + kWindow) return &window;
  }
  return nullptr;
}

bool System::show(Window& window, std::size_t size) const {
  if (size <= window.mapped) return true;
  if (size > kWindow) {
    errno = ENOMEM;
    return false;
  }
  void* const shown = bare_mmap(reinterpret_cast<void*>(window.begin), in_pages(size), window.protection,
                                MAP_SHARED | MAP_FIXED, window.fd, 0);
  if (shown == MAP_FAILED) return false;
  window.mapped = size;
  region_.resize(window.begin, size);
  return true;
}

// Its place in the region is the region's own memory again, which nobody may touch.
void System::clear(Window& window) {
  if (window.fd < 0) return;
  bare_mmap(reinterpret_cast<void*>(window.begin), kWindow, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  bare_close(window.fd);
  window.fd = -1;
  window.users = 0;
  window.mapped = 0;
  region_.resize(window.begin, 0);
}

// Whoever maps the object now may do more with it than those before.
bool System::allow(Window& window, int fd, int protection) const {
  if ((protection & ~window.protection) == 0) return true;
  const int both = protection | window.protection;
  void* const begin = reinterpret_cast<void*>(window.begin);
  if (bare_mmap(begin, in_pages(window.mapped), both, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) return false;
  const int own = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own == -1) return false;
  bare_close(window.fd);
  window.fd = own;
  window.protection = both;
  return true;
}

void* System::map(int fd, std::size_t size, int protection, off_t offset) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return MAP_FAILED;
  if (size == 0) {
    errno = EINVAL;
    return MAP_FAILED;
  }
  const std::size_t end = static_cast<std::size_t>(offset) + size;
  for (Window& window : windows_) {
    if (window.users == 0 || window.inode != status.st_ino || window.device != status.st_dev) continue;
    if (!allow(window, fd, protection) || !show(window, end)) return MAP_FAILED;
    ++window.users;
    return reinterpret_cast<void*>(window.begin + static_cast<std::uintptr_t>(offset));
  }
  void* place = nullptr;
  try {
    place = region_.allocate(kWindow, kPage);
  } catch (const std::bad_alloc&) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  Window window{
      status.st_dev, status.st_ino, reinterpret_cast<std::uintptr_t>(place), 0, 1, ::fcntl(fd, F_DUPFD_CLOEXEC, 0),
      protection};
  region_.resize(window.begin, 0);
  if (!show(window, end)) {
    clear(window);
    return MAP_FAILED;
  }
  windows_.push_back(window);
  return reinterpret_cast<void*>(window.begin + static_cast<std::uintptr_t>(offset));
}

bool System::unmap(const void* address) {
  Window* const window = at(address);
  if (window == nullptr) return false;
  if (--window->users == 0) clear(*window);
  return true;
}

void* System::grow(void* address, std::size_t size) {
  Window* const window = at(address);
  if (window == nullptr) return nullptr;
  const auto offset = reinterpret_cast<std::uintptr_t>(address) - window->begin;
  return show(*window, offset + size) ? address : MAP_FAILED;
}

}  // namespace explore::detail
