// Growers take turns under flock(2), so their ftruncate cannot shrink; they reserve memory beyond the end first. A new
// object gets its size by ftruncate, then its memory, and its mode last. Attaching opens the name anew each time.
#include "shm_object.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <exception>
#include <string>
#include <system_error>

#include "shm/error.hpp"

namespace lab {
namespace {

class FileLock {
 public:
  explicit FileLock(int fd) : fd_{fd} {
    while (::flock(fd_, LOCK_EX) != 0) {
      if (errno != EINTR) shm::throw_error(errno, "flock");
    }
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() { ::flock(fd_, LOCK_UN); }

 private:
  int fd_;
};

off_t size_of(int fd) {
  struct stat st {};
  if (::fstat(fd, &st) != 0) shm::throw_error(errno, "fstat");
  return st.st_size;
}

// Memory first, behind the end, then the end: a failure in between has changed nothing that anybody can see.
void enlarge(int fd, off_t new_size) {
  while (::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, new_size) != 0) {
    if (errno != EINTR) shm::throw_error(errno, "fallocate");
  }
  if (::ftruncate(fd, new_size) != 0) shm::throw_error(errno, "ftruncate");
}

off_t object_size(std::size_t payload_size) {
  constexpr std::size_t kMost = static_cast<std::size_t>(SSIZE_MAX) - sizeof(Header);
  if (payload_size > kMost) shm::throw_error(ENOMEM, "size");
  return static_cast<off_t>(payload_size + sizeof(Header));
}

void nap() {
  const timespec while_others_work{.tv_sec = 0, .tv_nsec = 500'000};
  ::nanosleep(&while_others_work, nullptr);
}

}  // namespace

int check_name(std::string_view name) {
  const auto start = name.find_first_not_of('/');
  if (start == std::string_view::npos) return EINVAL;
  const std::string_view file = name.substr(start);
  if (file == "." || file == ".." || file.find_first_of(std::string_view{"/\0", 2}) != std::string_view::npos) {
    return EINVAL;
  }
  if (file.length() > 255) return ENAMETOOLONG;
  return 0;
}

Region create(std::string_view name, std::size_t payload_size, mode_t mode) {
  const int wrong = payload_size == 0 ? EINVAL : check_name(name);
  if (wrong != 0) shm::throw_error(wrong, "create", name);
  const off_t total = object_size(payload_size);
  const std::string path(name);
  const int fd = ::shm_open(path.c_str(), O_RDWR | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
  if (fd == -1) shm::throw_error(errno, "shm_open", name);
  Region region;
  region.fd = shm::UniqueFd(fd);
  std::exception_ptr failure;
  try {
    if (::ftruncate(fd, total) != 0) shm::throw_error(errno, "ftruncate", name);
    int error = EINTR;
    while (error == EINTR) error = ::posix_fallocate(fd, 0, total);
    if (error != 0) shm::throw_error(error, "posix_fallocate", name);
    void* address = ::mmap(nullptr, static_cast<std::size_t>(total), PROT_WRITE | PROT_READ, MAP_SHARED, fd, 0);
    if (address == MAP_FAILED) shm::throw_error(errno, "mmap", name);
    region.mapping = shm::Mapping(address, static_cast<std::size_t>(total));
    if (::fchmod(fd, mode) == -1) shm::throw_error(errno, "fchmod", name);
    region.header().size.store(payload_size);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    ::shm_unlink(path.c_str());
    std::rethrow_exception(failure);
  }
  return region;
}

Region attach(std::string_view name, shm::Deadline deadline) {
  if (const int wrong = check_name(name)) shm::throw_error(wrong, "attach", name);
  const std::string path(name);
  for (;;) {
    // From the start each time: a name that went is seen by opening it again.
    Region region;
    region.fd.reset(::shm_open(path.c_str(), O_RDWR, 0));
    if (!region.fd) shm::throw_error(errno, "shm_open", name);
    off_t size = size_of(region.fd.get());
    if (size >= static_cast<off_t>(sizeof(Header))) {
      region.mapping = shm::Mapping::shared(region.fd.get(), static_cast<std::size_t>(size));
      if (is_ready(region)) {
        refresh(region);
        if (size_of(region.fd.get()) == static_cast<off_t>(region.mapping.size())) return region;
        continue;
      }
    }
    if (deadline.passed()) shm::throw_error(ETIMEDOUT, "attach", name);
    nap();
  }
}

void publish(Region& region) { region.header().ready.fetch_or(1, std::memory_order_release); }

bool is_ready(const Region& region) { return (region.header().ready.load() & 1U) != 0; }

void grow(Region& region, std::size_t new_payload_size) {
  if (new_payload_size < region.payload().size()) shm::throw_error(EINVAL, "grow");
  const off_t wanted = object_size(new_payload_size);
  {
    const FileLock turn{region.fd.get()};
    if (wanted > size_of(region.fd.get())) {
      enlarge(region.fd.get(), wanted);
      region.header().size.store(new_payload_size);
    }
  }
  refresh(region);
}

bool refresh(Region& region) {
  const auto size = static_cast<std::size_t>(size_of(region.fd.get()));
  if (size <= region.mapping.size()) return false;
  const std::size_t before = region.mapping.size();
  void* moved = ::mremap(region.mapping.data(), before, size, MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) shm::throw_error(errno, "mremap");
  (void)region.mapping.release();
  region.mapping = shm::Mapping(moved, size);
  return true;
}

bool remove(std::string_view name) {
  if (const int wrong = check_name(name)) shm::throw_error(wrong, "remove", name);
  const bool gone = ::shm_unlink(std::string(name).c_str()) == 0;
  if (!gone && errno != ENOENT) shm::throw_error(errno, "shm_unlink", name);
  return gone;
}

Region create_or_attach(std::string_view name, std::size_t payload_size, mode_t mode,
                        const std::function<void(Region&)>& initialise, shm::Deadline deadline) {
  for (bool initialising = false;;) {
    try {
      Region region = create(name, payload_size, mode);
      initialising = true;
      initialise(region);
      publish(region);
      return region;
    } catch (const std::system_error& error) {
      if (initialising) ::shm_unlink(std::string(name).c_str());
      if (initialising || error.code().value() != EEXIST) throw;
    } catch (...) {
      if (initialising) ::shm_unlink(std::string(name).c_str());
      throw;
    }
    try {
      return attach(name, deadline);
    } catch (const std::system_error& error) {
      if (error.code().value() != ENOENT || deadline.passed()) throw;
    }
  }
}

}  // namespace lab
