#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>

#include "bank.hpp"
#include "shm/mapping.hpp"
#include "shm/unique_fd.hpp"
#include "testing/fresh_name.hpp"
#include "testing/subject.hpp"

namespace lab04 {

/// A deadline that a right solution never needs.
[[nodiscard]] inline shm::Deadline in_good_time() {
  return shm::Deadline::after(judge::patience(std::chrono::seconds{4}));
}

/// An object, zeroed, that every subject maps by itself, at an address of its own.
class SharedMemory {
 public:
  explicit SharedMemory(std::size_t size = 64 * 1024) : size_{size} {
    const shm::UniqueFd fd{::shm_open(name_.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600)};
    if (!fd) shm::throw_error(errno, "shm_open", name_.str());
    if (::ftruncate(fd.get(), static_cast<off_t>(size)) == -1) shm::throw_error(errno, "ftruncate", name_.str());
  }

  [[nodiscard]] shm::Mapping map() const {
    const shm::UniqueFd fd{::shm_open(name_.c_str(), O_RDWR, 0)};
    if (!fd) shm::throw_error(errno, "shm_open", name_.str());
    return shm::Mapping::shared(fd.get(), size_);
  }

 private:
  judge::FreshName name_;
  std::size_t size_;
};

/// What every bank of these tests is like, where it does not matter.
inline constexpr std::size_t kAccounts = 3;
inline constexpr lab::Money kInitial = 100;
inline constexpr auto kTotal = static_cast<lab::Money>(kAccounts) * kInitial;

/// The bank in shared memory, as one clerk sees it; the first who comes makes it.
struct Clerk {
  explicit Clerk(const SharedMemory& memory, std::size_t accounts = kAccounts, lab::Money initial = kInitial)
      : mapping{memory.map()}, bank{lab::open_bank(mapping.bytes(), accounts, initial, in_good_time())} {}

  shm::Mapping mapping;
  lab::Bank& bank;
};

}  // namespace lab04
