#pragma once

#include <unistd.h>

#include <utility>

namespace shm {

/// Owns a file descriptor: closes it once, on destruction. Movable, not copyable.
/// Not thread-safe: one thread at a time, like an int.
/// @see close(2)
class UniqueFd {
 public:
  UniqueFd() = default;
  /// Takes over `fd`; a negative one means "none".
  explicit UniqueFd(int fd) noexcept : fd_{fd} {}
  UniqueFd(UniqueFd&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  /// The descriptor, or -1; still owned here.
  [[nodiscard]] int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

  /// Gives the descriptor away: the caller closes it.
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

  /// Closes what is owned and takes over `fd`. An error of close(2) is not reported: on Linux the descriptor is gone
  /// all the same, and a shared-memory object has nothing left to write back.
  void reset(int fd = -1) noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace shm
