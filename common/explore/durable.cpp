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

constexpr int kMostDescriptors = 1024;

DurableImage* durable = nullptr;
char file_path[4096];

ino_t inode_at_path() {
  struct stat status {};
  return ::stat(file_path, &status) == 0 ? status.st_ino : 0;
}

// Whose syncs count: those of the file at the path or, while there is none, of one that may come there by a link or a
// rename.
bool is_followed(ino_t file) {
  const ino_t there = inode_at_path();
  if (there != 0 && there != file) return false;
  if (durable->inode == file) return true;
  durable->inode = file;
  durable->size = 0;
  durable->too_large = false;
  return true;
}

// The size is written back with the first page that is.
void follow_size(std::size_t size) {
  durable->too_large = durable->too_large || size > DurableImage::kMostBytes;
  size = std::min(size, DurableImage::kMostBytes);
  if (size > durable->size) std::memset(durable->bytes + durable->size, 0, size - durable->size);
  durable->size = size;
}

// Of a mapped file, whose descriptor may be closed, and whose name may not be the one that is watched.
bool follow_size_of(ino_t file) {
  struct stat status {};
  bool found = ::stat(file_path, &status) == 0 && status.st_ino == file;
  for (int fd = 0; !found && fd < kMostDescriptors; ++fd) found = ::fstat(fd, &status) == 0 && status.st_ino == file;
  if (found) follow_size(static_cast<std::size_t>(status.st_size));
  return found;
}

}  // namespace

void watch_durability(const char* path, DurableImage& image) {
  const shm::UniqueFd fd{::open(path, O_RDONLY | O_CLOEXEC)};
  durable = nullptr;
  image.size = 0;
  image.inode = 0;
  image.too_large = false;
  if (!fd && errno != ENOENT) shm::throw_error(errno, "open", path);
  std::strncpy(file_path, path, sizeof file_path - 1);
  durable = &image;
  if (fd) detail::file_now_durable(fd.get());
}

namespace detail {

void now_durable(const void* address, std::size_t size) {
  if (durable == nullptr) return;
  const detail::Unobserved unseen;
  const auto first = reinterpret_cast<std::uintptr_t>(address);
  bool any = false;
  for (std::uintptr_t page = first; page < first + size; page += kPage) {
    const SharedRange* const range = range_at(page);
    if (range == nullptr || !is_followed(range->inode)) continue;
    if (!any && !follow_size_of(range->inode)) return;
    any = true;
    const auto at = static_cast<std::size_t>(range->offset) + (page - range->begin);
    if (at >= durable->size) continue;
    std::memcpy(durable->bytes + at, reinterpret_cast<const void*>(page), std::min(kPage, durable->size - at));
  }
}

void file_now_durable(int fd) {
  if (durable == nullptr) return;
  const detail::Unobserved unseen;
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || !is_followed(status.st_ino)) return;
  follow_size(static_cast<std::size_t>(status.st_size));
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
