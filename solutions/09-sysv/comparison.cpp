#include "comparison.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
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

[[maybe_unused]] Traits traits_of_posix(const std::string& name) {
  Traits seen{};
  const auto make = [&name](mode_t mode) { return posix::create(name, kContents.bytes, mode); };
  const Umask mask{022};
  const std::size_t rows = rows_of_ours();
  auto region = make(0666);
  const AtTheEnd nothing_is_left{[&name] { ::shm_unlink(name.c_str()); }};  // not before it is ours
  struct stat status {};
  if (::fstat(region.fd.get(), &status) != 0) shm::throw_error(errno, "fstat", name);
  seen.lies_in_dev_shm = lies_in_dev_shm(region.mapping.data());
  seen.is_listed_by_ipcs = rows_of_ours() > rows;
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
  const std::size_t rows = rows_of_ours();
  auto segment = make(0666);
  const AtTheEnd nothing_is_left{[&place] {
    if (const int id = ::shmget(place.key, 0, 0); id >= 0) ::shmctl(id, IPC_RMID, nullptr);
  }};
  seen.lies_in_dev_shm = lies_in_dev_shm(segment.memory.data());
  seen.is_listed_by_ipcs = rows_of_ours() > rows;
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
