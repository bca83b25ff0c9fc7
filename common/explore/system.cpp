#include "explore/system.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <new>
#include <utility>

#include "explore/engine.hpp"
#include "explore/pages.hpp"
#include "explore/pass_on.hpp"

namespace explore::detail {
namespace {

// The C library's own: those of our name would come back here.
void* bare_mmap(void* at, std::size_t size, int protection, int flags, int fd, off_t offset) {
  static auto* const real = next_named<void*(void*, std::size_t, int, int, int, off_t)>("mmap");
  return real(at, size, protection, flags, fd, offset);
}
void bare_munmap(void* at, std::size_t size) {
  static auto* const real = next_named<int(void*, std::size_t)>("munmap");
  real(at, size);
}
void bare_close(int fd) {
  static auto* const real = next_named<int(int)>("close");
  real(fd);
}
// Another open of the same file: a copy of the descriptor would keep a lock of flock() when its owner has closed it.
int opened_anew(int fd, int protection) {
  static auto* const real = next_named<int(const char*, int, ...)>("open");
  char path[32];
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  const int own = real(path, ((protection & PROT_WRITE) != 0 ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  return own >= 0 ? own : ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

}  // namespace

void System::give_back() {
  for (Window& window : windows_) {
    hide(window);
    if (window.fd >= 0) bare_close(window.fd);
  }
  windows_.clear();
  for (const int fd : open_) bare_close(fd);
  open_.clear();
  remove_segments();
}

void System::opened(int fd) {
  if (fd >= 0) open_.push_back(fd);
}

void System::closed(int fd) { open_.erase(std::remove(open_.begin(), open_.end(), fd), open_.end()); }

System::Window* System::at(const void* address) {
  const auto begin = reinterpret_cast<std::uintptr_t>(address);
  for (Window& window : windows_) {
    if (window.users > 0 && begin >= window.begin && begin < window.begin + kMostBytes) return &window;
  }
  return nullptr;
}

bool System::show(Window& window, std::size_t size) const {
  if (size <= window.mapped) return true;
  if (window.segment >= 0) engine->fail(Fault::kUnsupported, "a segment is made larger by mremap()");
  if (size > kMostBytes) {
    engine->fail(Fault::kUnsupported, "an object is mapped that is larger than the explorer follows (64 KiB)");
  }
  void* const shown = bare_mmap(reinterpret_cast<void*>(window.begin), in_pages(size), window.protection,
                                MAP_SHARED | MAP_FIXED, window.fd, 0);
  if (shown == MAP_FAILED) return false;
  window.mapped = size;
  region_.resize(window.begin, size);
  return true;
}

// Its place in the region is the region's own memory again, which nobody may touch. So a segment is detached.
void System::hide(Window& window) const {
  bare_mmap(reinterpret_cast<void*>(window.begin), kMostBytes, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  window.users = 0;
  window.mapped = 0;
  region_.resize(window.begin, 0);
}

void* System::map(int fd, std::size_t size, int protection, off_t offset) {
  // Whether it may be mapped at all, the kernel says.
  void* const tried = bare_mmap(nullptr, size, protection, MAP_SHARED, fd, offset);
  if (tried == MAP_FAILED) return MAP_FAILED;
  bare_munmap(tried, size);
  struct stat status {};
  if (::fstat(fd, &status) != 0) return MAP_FAILED;
  Window* window = window_of(status.st_dev, status.st_ino);
  if (window == nullptr) window = new_window(status.st_dev, status.st_ino, -1);
  if (window->fd < 0 || (protection & ~window->protection) != 0) {
    // More may be done to it now, by a descriptor that allows it.
    if (window->fd >= 0) bare_close(window->fd);
    window->fd = opened_anew(fd, window->protection | protection);
    window->protection |= protection;
    const std::size_t shown = std::exchange(window->mapped, 0);
    if (shown > 0 && !show(*window, shown)) return MAP_FAILED;
  }
  if (!show(*window, static_cast<std::size_t>(offset) + size)) return MAP_FAILED;
  ++window->users;
  return reinterpret_cast<void*>(window->begin + static_cast<std::uintptr_t>(offset));
}

System::Window* System::window_of(dev_t device, ino_t inode) {
  for (Window& window : windows_) {
    if (window.segment < 0 && window.device == device && window.inode == inode) return &window;
  }
  return nullptr;
}

System::Window* System::new_window(dev_t device, ino_t inode, int segment) {
  void* place = nullptr;
  try {
    place = region_.allocate(kMostBytes, kPage);
  } catch (const std::bad_alloc&) {
    engine->fail(Fault::kUnsupported, "more objects are mapped than the explorer follows in one execution");
  }
  region_.resize(reinterpret_cast<std::uintptr_t>(place), 0);
  windows_.push_back({device, inode, segment, reinterpret_cast<std::uintptr_t>(place), 0, 0, -1, PROT_NONE});
  return &windows_.back();
}

bool System::unmap(const void* address) {
  Window* const window = at(address);
  if (window == nullptr) return false;
  if (--window->users == 0) hide(*window);
  return true;
}

void* System::grow(void* address, std::size_t size) {
  Window* const window = at(address);
  if (window == nullptr) return nullptr;
  const auto offset = reinterpret_cast<std::uintptr_t>(address) - window->begin;
  return show(*window, offset + size) ? address : MAP_FAILED;
}

}  // namespace explore::detail
