#pragma once

#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cstddef>

#include "explore/scenario.hpp"

/// SysV segments for scenarios and sweeps.
namespace segments {

inline constexpr std::size_t kPage = 4096;

/// Made by the setup of each execution.
struct Segment {
  explicit Segment(std::size_t size = kPage) : id{::shmget(IPC_PRIVATE, size, IPC_CREAT | 0600)} {}
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;
  ~Segment() { ::shmctl(id, IPC_RMID, nullptr); }
  [[nodiscard]] void* attach(int flags = 0) const { return ::shmat(id, nullptr, flags); }
  int id;
};

/// Under a key that nobody else uses: of this process, and counted.
inline key_t fresh_key() {
  static int count = 0;
  return (::getpid() << 8 | ++count) & 0x7fffffff;
}

inline shmid_ds status_of(int id) {
  shmid_ds status{};
  explore::require(::shmctl(id, IPC_STAT, &status) == 0, "there is such a segment");
  return status;
}

}  // namespace segments
