// Makes the object without a name (O_TMPFILE) and names it last (linkat): nobody ever sees a half-made one. Looks at
// objects by fstat alone; maps anew instead of mremap; create_or_attach tries to attach first.
#include "shm_object.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>

#include "shm/error.hpp"

namespace lab {
namespace {

std::string bare(std::string_view name) {
  while (!name.empty() && name.front() == '/') name.remove_prefix(1);
  return std::string{name};
}

std::string path_of(std::string_view name) {
  if (const int error = check_name(name)) shm::throw_error(error, "name", name);
  return "/dev/shm/" + bare(name);
}

struct stat look_at(int fd) {
  struct stat result {};
  if (fstat(fd, &result) == -1) shm::throw_error(errno, "fstat");
  return result;
}

void make_room(int fd, std::size_t payload_size) {
  std::size_t total = 0;
  if (__builtin_add_overflow(payload_size, sizeof(Header), &total) || total > SSIZE_MAX) {
    shm::throw_error(EOVERFLOW, "make_room");
  }
  while (fallocate(fd, 0, 0, static_cast<off_t>(total)) == -1) {
    if (errno != EINTR) shm::throw_error(errno, "fallocate");
  }
}

bool map_all(Region& region) {
  const auto size = static_cast<std::size_t>(look_at(region.fd.get()).st_size);
  if (size <= region.mapping.size()) return false;
  region.mapping = shm::Mapping::shared(region.fd.get(), size);  // the old one goes only after the new one is there
  return true;
}

}  // namespace

int check_name(std::string_view name) {
  const std::string rest = bare(name);
  if (rest.empty() || rest == "." || rest == "..") return EINVAL;
  for (const char c : rest) {
    if (c == '/' || c == '\0') return EINVAL;
  }
  return rest.size() <= 255 ? 0 : ENAMETOOLONG;
}

Region create(std::string_view name, std::size_t payload_size, mode_t mode) {
  const std::string path = path_of(name);
  if (payload_size == 0) shm::throw_error(EINVAL, "create");
  Region region{.fd = shm::UniqueFd{open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, mode)}, .mapping = {}};
  if (!region.fd) shm::throw_error(errno, "open", "/dev/shm");
  if (fchmod(region.fd.get(), mode) == -1) shm::throw_error(errno, "fchmod");
  make_room(region.fd.get(), payload_size);
  map_all(region);
  new (region.mapping.data()) Header{};  // nobody else can see it yet
  region.header().size = payload_size;
  const std::string self = "/proc/self/fd/" + std::to_string(region.fd.get());
  if (linkat(AT_FDCWD, self.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == -1) {
    shm::throw_error(errno, "linkat", name);
  }
  return region;
}

Region attach(std::string_view name, shm::Deadline deadline) {
  const std::string path = path_of(name);
  Region region{.fd = shm::UniqueFd{open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)}, .mapping = {}};
  if (!region.fd) shm::throw_error(errno, "open", name);
  for (bool ready = false;;) {
    const struct stat seen = look_at(region.fd.get());
    if (static_cast<std::size_t>(seen.st_size) >= sizeof(Header)) map_all(region);
    if (ready) return region;  // mapped after it was seen to be ready
    ready = region.mapping && is_ready(region);
    if (ready) continue;
    if (seen.st_nlink == 0) shm::throw_error(ENOENT, "attach", name);
    if (deadline.passed()) shm::throw_error(ETIMEDOUT, "attach", name);
    sched_yield();
  }
}

void publish(Region& region) { region.header().ready.exchange(1, std::memory_order_acq_rel); }

bool is_ready(const Region& region) { return region.header().ready == 1; }

void grow(Region& region, std::size_t new_payload_size) {
  if (new_payload_size < region.payload().size()) shm::throw_error(EINVAL, "grow");
  make_room(region.fd.get(), new_payload_size);
  auto& size = region.header().size;
  for (std::uint64_t old = size; old < new_payload_size;) {
    if (size.compare_exchange_strong(old, new_payload_size)) break;
  }
  map_all(region);
}

bool refresh(Region& region) { return map_all(region); }

bool remove(std::string_view name) {
  if (unlink(path_of(name).c_str()) == 0) return true;
  return errno == ENOENT ? false : (shm::throw_error(errno, "unlink", name), false);
}

Region create_or_attach(std::string_view name, std::size_t payload_size, mode_t mode,
                        const std::function<void(Region&)>& initialise, shm::Deadline deadline) {
  while (true) {
    try {
      return attach(name, deadline);
    } catch (const std::system_error& missing) {
      if (missing.code() != std::errc::no_such_file_or_directory) throw;
    }
    Region mine;
    try {
      mine = create(name, payload_size, mode);
    } catch (const std::system_error& taken) {
      if (taken.code() != std::errc::file_exists || deadline.passed()) throw;
      continue;
    }
    const std::string path = path_of(name);
    const auto take_back = [](const std::string* taken) { unlink(taken->c_str()); };
    std::unique_ptr<const std::string, decltype(take_back)> unfinished{&path, take_back};
    initialise(mine);
    (void)unfinished.release();
    publish(mine);
    return mine;
  }
}

}  // namespace lab
