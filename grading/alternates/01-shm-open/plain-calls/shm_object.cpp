// C in C++'s clothes: plain ints, goto for the way out, the umask lifted instead of fchmod, fallocate(2), a wait on a
// futex in the header that publish wakes.
#include "shm_object.hpp"

#include <fcntl.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <system_error>

#include "shm/error.hpp"

namespace lab {
namespace {

constexpr std::size_t kMost = SIZE_MAX / 4;

// The name as C wants it; "" for none at all.
void c_name(std::string_view name, char (&to)[512], const char* call) {
  const int error = check_name(name);
  if (error != 0) shm::throw_error(error, call, name);
  while (name.size() > 1 && name[0] == '/' && name[1] == '/') name.remove_prefix(1);
  memcpy(to, name.data(), name.size());
  to[name.size()] = 0;
}

int give_memory(int fd, off_t total) {
  int result;
  do result = fallocate(fd, 0, 0, total);
  while (result == -1 && errno == EINTR);
  return result;
}

void doze(std::atomic<std::uint32_t>& word) {
  const timespec a_moment = {0, 2'000'000};  // short: nobody wakes us when the name goes
  syscall(SYS_futex, &word, FUTEX_WAIT, 0, &a_moment, nullptr, 0);
}

}  // namespace

int check_name(std::string_view name) {
  std::size_t i = 0;
  while (i < name.size() && name[i] == '/') ++i;
  const std::size_t length = name.size() - i;
  for (std::size_t k = i; k < name.size(); ++k) {
    if (name[k] == '/' || name[k] == 0) return EINVAL;
  }
  if (length == 0 || (length == 1 && name[i] == '.') || (length == 2 && name[i] == '.' && name[i + 1] == '.')) {
    return EINVAL;
  }
  return length > 255 ? ENAMETOOLONG : 0;
}

Region create(std::string_view name, std::size_t payload_size, mode_t mode) {
  char path[512];
  c_name(name, path, "create");
  if (payload_size == 0 || payload_size > kMost) shm::throw_error(EINVAL, "create", name);
  const std::size_t total = sizeof(Header) + payload_size;
  const char* call = "shm_open";
  void* address = MAP_FAILED;
  int error = 0;

  const mode_t mask = umask(0);
  const int fd = shm_open(path, O_CREAT | O_EXCL | O_RDWR, mode);
  error = errno;
  umask(mask);
  if (fd == -1) shm::throw_error(error, call, name);

  call = "fallocate";
  if (give_memory(fd, static_cast<off_t>(total)) == -1) goto fail;
  call = "mmap";
  address = mmap(nullptr, total, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) goto fail;
  static_cast<Header*>(address)->size.store(payload_size, std::memory_order_relaxed);
  return Region{shm::UniqueFd{fd}, shm::Mapping{address, total}};

fail:
  error = errno;
  close(fd);
  shm_unlink(path);
  shm::throw_error(error, call, name);
}

Region attach(std::string_view name, shm::Deadline deadline) {
  char path[512];
  c_name(name, path, "attach");
  Header* header = nullptr;
  void* address = MAP_FAILED;
  struct stat seen;
  int error = 0;
  const int fd = shm_open(path, O_RDWR, 0);
  if (fd == -1) shm::throw_error(errno, "shm_open", name);

  for (;;) {
    if (fstat(fd, &seen) == -1) goto fail_with_errno;
    if (header == nullptr && seen.st_size >= 64) {
      address = mmap(nullptr, sizeof(Header), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
      if (address == MAP_FAILED) goto fail_with_errno;
      header = static_cast<Header*>(address);
    }
    if (header != nullptr && header->ready.load(std::memory_order_acquire) != 0) break;
    error = seen.st_nlink == 0 ? ENOENT : deadline.passed() ? ETIMEDOUT : 0;
    if (error != 0) goto fail;
    if (header != nullptr) {
      doze(header->ready);
    } else {
      usleep(300);
    }
  }
  if (fstat(fd, &seen) == -1) goto fail_with_errno;
  address = mmap(nullptr, static_cast<std::size_t>(seen.st_size), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) goto fail_with_errno;
  munmap(header, sizeof(Header));
  return Region{shm::UniqueFd{fd}, shm::Mapping{address, static_cast<std::size_t>(seen.st_size)}};

fail_with_errno:
  error = errno;
fail:
  if (header != nullptr) munmap(header, sizeof(Header));
  close(fd);
  shm::throw_error(error, "attach", name);
}

void publish(Region& region) {
  std::atomic<std::uint32_t>& ready = region.header().ready;
  ready.store(1);
  syscall(SYS_futex, &ready, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

bool is_ready(const Region& region) { return region.header().ready.load() == 1; }

void grow(Region& region, std::size_t new_payload_size) {
  if (new_payload_size < region.payload().size() || new_payload_size > kMost) shm::throw_error(EINVAL, "grow");
  const std::size_t total = sizeof(Header) + new_payload_size;
  if (give_memory(region.fd.get(), static_cast<off_t>(total)) == -1) shm::throw_error(errno, "fallocate");
  if (total > region.mapping.size()) {
    void* moved = mremap(region.mapping.data(), region.mapping.size(), total, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED) shm::throw_error(errno, "mremap");
    (void)region.mapping.release();
    region.mapping = shm::Mapping{moved, total};
  }
  std::uint64_t size = region.header().size.load();
  do {
    if (size >= new_payload_size) break;
  } while (!region.header().size.compare_exchange_weak(size, new_payload_size));
  (void)refresh(region);  // another may have grown it further
}

bool refresh(Region& region) {
  struct stat seen;
  if (region.header().size.load() <= region.payload().size()) return false;
  if (fstat(region.fd.get(), &seen) == -1) shm::throw_error(errno, "fstat");
  const auto total = static_cast<std::size_t>(seen.st_size);
  if (total <= region.mapping.size()) return false;
  void* fresh = mmap(nullptr, total, PROT_READ | PROT_WRITE, MAP_SHARED, region.fd.get(), 0);
  if (fresh == MAP_FAILED) shm::throw_error(errno, "mmap");
  region.mapping = shm::Mapping{fresh, total};
  return true;
}

bool remove(std::string_view name) {
  char path[512];
  c_name(name, path, "remove");
  if (shm_unlink(path) == 0) return true;
  if (errno == ENOENT) return false;
  shm::throw_error(errno, "shm_unlink", name);
}

Region create_or_attach(std::string_view name, std::size_t payload_size, mode_t mode,
                        const std::function<void(Region&)>& initialise, shm::Deadline deadline) {
  Region region;
again:
  try {
    region = create(name, payload_size, mode);
  } catch (std::system_error& e) {
    if (e.code().value() != EEXIST) throw;
    try {
      return attach(name, deadline);
    } catch (std::system_error& late) {
      if (late.code().value() != ENOENT) throw;
    }
    goto again;
  }
  try {
    initialise(region);
  } catch (...) {
    remove(name);
    throw;
  }
  publish(region);
  return region;
}

}  // namespace lab
