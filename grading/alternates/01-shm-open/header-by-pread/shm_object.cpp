// Never maps what it is not sure of: the header is watched by pread, and the object is mapped once, when it is ready.
// A new object is built under a name of its own and linked to the right one when it is complete. Undo by scope guards.
#include "shm_object.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "shm/error.hpp"

namespace lab {
namespace {

/// Calls a function on destruction, unless told otherwise.
template <typename Action>
class Undo {
 public:
  explicit Undo(Action action) : action_{std::move(action)} {}
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  ~Undo() {
    if (wanted_) action_();
  }
  void forget() { wanted_ = false; }

 private:
  Action action_;
  bool wanted_ = true;
};

std::filesystem::path path_of(std::string_view name) {
  if (const int error = check_name(name); error != 0) shm::throw_error(error, "name", name);
  return std::filesystem::path{"/dev/shm"} / name.substr(name.find_first_not_of('/'));
}

std::filesystem::path building_site() {
  static std::atomic<unsigned> count{0};
  return "/dev/shm/building-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
}

std::size_t end_of(const Region& region) {
  struct stat status {};
  if (::fstat(region.fd.get(), &status) != 0) shm::throw_error(errno, "fstat");
  return static_cast<std::size_t>(status.st_size);
}

bool has_name(const Region& region) {
  struct stat status {};
  if (::fstat(region.fd.get(), &status) != 0) shm::throw_error(errno, "fstat");
  return status.st_nlink > 0;
}

void reserve(const Region& region, std::size_t payload_size) {
  if (payload_size > static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max()) - sizeof(Header)) {
    shm::throw_error(EFBIG, "payload");
  }
  for (;;) {
    const int error = ::posix_fallocate(region.fd.get(), 0, static_cast<off_t>(payload_size + sizeof(Header)));
    if (error == 0) return;
    if (error != EINTR) throw std::system_error{error, std::system_category(), "posix_fallocate"};
  }
}

bool published(const Region& region) {
  std::uint32_t ready = 0;
  if (end_of(region) < sizeof(Header)) return false;
  return ::pread(region.fd.get(), &ready, sizeof ready, offsetof(Header, ready)) == sizeof ready && ready != 0;
}

template <typename Call>
auto unless(int tolerated, Call call) -> std::optional<decltype(call())> {
  try {
    return call();
  } catch (const std::system_error& error) {
    if (error.code().value() != tolerated) throw;
    return std::nullopt;
  }
}

}  // namespace

int check_name(std::string_view name) {
  if (name.starts_with('/')) return check_name(name.substr(1));
  for (const std::string_view none : {"", ".", ".."}) {
    if (name == none) return EINVAL;
  }
  if (name.find_first_of(std::string_view{"\0/", 2}) < name.size()) return EINVAL;
  return name.size() < 256 ? 0 : ENAMETOOLONG;
}

Region create(std::string_view name, std::size_t payload_size, mode_t mode) {
  const auto path = path_of(name);
  if (payload_size == 0) shm::throw_error(EINVAL, "create", name);
  const auto site = building_site();
  Region region;
  region.fd.reset(::open(site.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0));
  if (!region.fd) shm::throw_error(errno, "open", site.native());
  const Undo clear_site{[&site] { ::unlink(site.c_str()); }};
  reserve(region, payload_size);
  region.mapping = shm::Mapping::shared(region.fd.get(), end_of(region));
  region.header().size = payload_size;
  if (::fchmod(region.fd.get(), mode) != 0) shm::throw_error(errno, "fchmod", name);
  if (::link(site.c_str(), path.c_str()) != 0) shm::throw_error(errno, "link", name);
  return region;
}

Region attach(std::string_view name, shm::Deadline deadline) {
  const auto path = path_of(name);
  Region region;
  region.fd.reset(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!region.fd) shm::throw_error(errno, "open", name);
  while (!published(region)) {
    if (!has_name(region)) shm::throw_error(ENOENT, "attach", name);
    if (deadline.passed()) shm::throw_error(ETIMEDOUT, "attach", name);
  }
  region.mapping = shm::Mapping::shared(region.fd.get(), end_of(region));
  (void)is_ready(region);  // the acquire that pairs with the publisher's release
  return region;
}

void publish(Region& region) { region.header().ready.store(1); }

bool is_ready(const Region& region) { return region.header().ready.load() != 0; }

void grow(Region& region, std::size_t new_payload_size) {
  if (region.payload().size() > new_payload_size) shm::throw_error(EINVAL, "grow");
  reserve(region, new_payload_size);
  std::uint64_t announced = 0;
  while (
      !region.header().size.compare_exchange_strong(announced, std::max<std::uint64_t>(announced, new_payload_size))) {
  }
  refresh(region);
}

bool refresh(Region& region) {
  const std::size_t end = end_of(region);
  if (end == region.mapping.size()) return false;
  return (region.mapping = shm::Mapping::shared(region.fd.get(), end)).size() == end;
}

bool remove(std::string_view name) {
  std::error_code error;
  const bool removed = std::filesystem::remove(path_of(name), error);
  if (error) throw std::system_error{error, "remove"};
  return removed;
}

Region create_or_attach(std::string_view name, std::size_t payload_size, mode_t mode,
                        const std::function<void(Region&)>& initialise, shm::Deadline deadline) {
  if (auto existing = unless(ENOENT, [&] { return attach(name, deadline); })) return std::move(*existing);
  auto fresh = unless(EEXIST, [&] { return create(name, payload_size, mode); });
  if (!fresh) return create_or_attach(name, payload_size, mode, initialise, deadline);
  Undo take_back{[path = path_of(name)] { ::unlink(path.c_str()); }};
  initialise(*fresh);
  take_back.forget();
  publish(*fresh);
  return std::move(*fresh);
}

}  // namespace lab
