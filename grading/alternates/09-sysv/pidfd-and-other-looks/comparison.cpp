#include "comparison.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <system_error>
#include <utility>

#include "posix_region.hpp"
#include "shm/error.hpp"
#include "shm/not_implemented.hpp"
#include "shm/unique_fd.hpp"
#include "trial.hpp"

#pragma GCC diagnostic ignored "-Wunused-parameter"  // a step that is not written yet uses none of its own

namespace lab {
namespace {

[[maybe_unused]] constexpr Contents kContents{.type = 1, .bytes = 4096 - sizeof(Header)};  // one page, with the header
[[maybe_unused]] constexpr std::size_t kTwoPages = 8192;
[[maybe_unused]] void* const kNowhere = reinterpret_cast<void*>(-1);  // what shmat returns when it fails

/// Calls it when it goes out of scope, however that comes.
class AtTheEnd {
 public:
  explicit AtTheEnd(std::function<void()> call) : call_{std::move(call)} {}
  AtTheEnd(const AtTheEnd&) = delete;
  AtTheEnd& operator=(const AtTheEnd&) = delete;
  ~AtTheEnd() { call_(); }

 private:
  std::function<void()> call_;
};

/// Whether it can make what it makes, although something of that name was there a moment ago.
template <typename Make>
bool is_free(Make make) {
  try {
    static_cast<void>(make());
    return true;
  } catch (const std::system_error& error) {
    if (error.code().value() != EEXIST) throw;
    return false;
  }
}

/// Whether one of the files in /dev/shm is the one that has this status.
bool is_in_dev_shm(const struct stat& status) {
  for (const auto& entry : std::filesystem::directory_iterator{"/dev/shm"}) {
    struct stat other {};
    if (::lstat(entry.path().c_str(), &other) == 0 && other.st_ino == status.st_ino && other.st_dev == status.st_dev) {
      return true;
    }
  }
  return false;
}

/// What /proc/self/map_files' list says is mapped at this address, by /proc/self/maps.
std::string mapped_name(const void* address) {
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);) {
    const auto begin = std::stoull(line, nullptr, 16);
    if (begin == reinterpret_cast<std::uintptr_t>(address)) return line.substr(std::min(line.size(), line.find('/')));
  }
  return "";
}

/// Whether the system's list of segments, as ipcs reads it by SHM_STAT, has one of this key.
bool is_listed(key_t key) {
  struct shm_info info {};
  const int last = ::shmctl(0, SHM_INFO, reinterpret_cast<struct shmid_ds*>(&info));
  for (int index = 0; index <= last; ++index) {
    struct shmid_ds known {};
    if (::shmctl(index, SHM_STAT, &known) >= 0 && known.shm_perm.__key == key) return true;
  }
  return false;
}

[[maybe_unused]] Traits traits_of_posix(const std::string& name) {
  Traits seen{};
  const auto make = [&name](mode_t mode) { return posix::create(name, kContents.bytes, mode); };
  const key_t key_of_none = -1;  // an object has none
  const Umask mask{022};
  auto region = make(0666);
  const AtTheEnd nothing_is_left{[&name] { ::shm_unlink(name.c_str()); }};  // not before it is ours
  struct stat status {};
  if (::fstat(region.fd.get(), &status) != 0) shm::throw_error(errno, "fstat", name);
  seen.lies_in_dev_shm = is_in_dev_shm(status);
  seen.is_listed_by_ipcs = is_listed(key_of_none);
  seen.is_cut_by_the_umask = (status.st_mode & 0777U) == 0644;
  seen.error_of_a_larger_size = ::ftruncate(region.fd.get(), kTwoPages) == 0 ? 0 : errno;
  region = {};
  region.fd.reset(::shm_open(name.c_str(), O_RDWR, 0));
  seen.outlives_its_users = static_cast<bool>(region.fd);
  posix::remove(name);
  seen.can_be_joined_nameless = false;  // what is left is a descriptor, a number of this process alone
  seen.frees_its_name = is_free([&] { return make(0600); });
  posix::remove(name);
  seen.microseconds = median_microseconds([&] {
    static_cast<void>(make(0600));
    posix::remove(name);
  });
  return seen;
}

[[maybe_unused]] Traits traits_of_sysv(const Place& place) {
  Traits seen{};
  const auto make = [&place](mode_t mode) { return create(place, kContents, mode); };
  const Umask mask{022};
  auto segment = make(0666);
  const AtTheEnd nothing_is_left{[&place] {
    if (const int id = ::shmget(place.key, 0, 0); id >= 0) ::shmctl(id, IPC_RMID, nullptr);
  }};
  const std::string maps = mapped_name(segment.memory.data());
  seen.lies_in_dev_shm = maps.starts_with("/dev/shm/");
  seen.is_listed_by_ipcs = is_listed(place.key);
  seen.is_cut_by_the_umask = status(segment).mode == 0644;
  seen.error_of_a_larger_size = ::shmget(place.key, kTwoPages, 0) >= 0 ? 0 : errno;
  segment.memory = {};
  void* address = ::shmat(segment.id, nullptr, 0);
  seen.outlives_its_users = address != kNowhere;
  if (address == kNowhere) shm::throw_error(errno, "shmat", std::to_string(segment.id));
  segment.memory = Attachment{address, kTwoPages / 2};
  remove(place);
  address = ::shmat(segment.id, nullptr, 0);
  seen.can_be_joined_nameless = address != kNowhere;
  if (address != kNowhere) ::shmdt(address);
  seen.frees_its_name = is_free([&] { return make(0600); });
  remove(place);
  seen.microseconds = median_microseconds([&] {
    static_cast<void>(make(0600));
    remove(place);
  });
  return seen;
}

}  // namespace

// ---- Step 7: what is true of either --------------------------------------------------------------------------------

Comparison compare(const std::string& name, const Place& place) {
  return {.posix = traits_of_posix(name), .sysv = traits_of_sysv(place)};
}

}  // namespace lab
