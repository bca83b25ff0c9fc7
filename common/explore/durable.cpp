#include "explore/durable.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "explore/pages.hpp"
#include "explore/shared_ranges.hpp"
#include "explore/unobserved.hpp"
#include "shm/error.hpp"
#include "shm/unique_fd.hpp"

namespace explore {
namespace {

using detail::kPage;

DurableImage* durable = nullptr;
ino_t inode = 0;
char file_path[4096];

// A file that was not there when it began to be watched is known by its path, until it is made.
ino_t watched_inode() {
  struct stat status {};
  if (inode == 0 && ::stat(file_path, &status) == 0) inode = status.st_ino;
  return inode;
}

// The size is written back with the first page that is.
bool follow_size(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || status.st_ino != watched_inode()) return false;
  durable->too_large = durable->too_large || static_cast<std::size_t>(status.st_size) > DurableImage::kMostBytes;
  const std::size_t size = std::min<std::size_t>(static_cast<std::size_t>(status.st_size), DurableImage::kMostBytes);
  if (size > durable->size) std::memset(durable->bytes + durable->size, 0, size - durable->size);
  durable->size = size;
  return true;
}

}  // namespace

void watch_durability(const char* path, DurableImage& image) {
  const shm::UniqueFd fd{::open(path, O_RDONLY | O_CLOEXEC)};
  durable = nullptr;
  image.size = 0;
  image.too_large = false;
  if (!fd && errno != ENOENT) shm::throw_error(errno, "open", path);
  std::strncpy(file_path, path, sizeof file_path - 1);
  durable = &image;
  inode = 0;
  if (!fd) return;
  static_cast<void>(watched_inode());
  detail::file_now_durable(fd.get());
}

namespace detail {

void now_durable(const void* address, std::size_t size) {
  if (durable == nullptr) return;
  const detail::Unobserved unseen;
  const auto first = reinterpret_cast<std::uintptr_t>(address);
  bool any = false;
  for (std::uintptr_t page = first; page < first + size; page += kPage) {
    const SharedRange* const range = range_at(page);
    if (range == nullptr || range->inode != watched_inode()) continue;
    if (!any) {
      any = true;
      const shm::UniqueFd fd{::open(file_path, O_RDONLY | O_CLOEXEC)};
      if (!fd || !follow_size(fd.get())) return;
    }
    const auto at = static_cast<std::size_t>(range->offset) + (page - range->begin);
    if (at >= durable->size) continue;
    std::memcpy(durable->bytes + at, reinterpret_cast<const void*>(page), std::min(kPage, durable->size - at));
  }
}

void file_now_durable(int fd) {
  if (durable == nullptr) return;
  const detail::Unobserved unseen;
  if (!follow_size(fd)) return;
  // The descriptor itself may be for writing only.
  const shm::UniqueFd file{::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY | O_CLOEXEC)};
  std::size_t done = 0;
  while (file && done < durable->size) {
    const auto got = ::pread(file.get(), durable->bytes + done, durable->size - done, static_cast<off_t>(done));
    if (got <= 0) return;
    done += static_cast<std::size_t>(got);
  }
}

}  // namespace detail
}  // namespace explore
