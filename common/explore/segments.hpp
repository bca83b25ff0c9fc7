#pragma once

#include <sys/ipc.h>
#include <sys/shm.h>

#include <cstddef>

/// For the explorer alone: SysV segments, as the system has them, and how a story tells calls on them.
namespace explore::detail {

/// The C library's own: those of these names in the program are the explorer's.
namespace bare {
int shmget(key_t key, std::size_t size, int flags);
void* shmat(int id, const void* at, int flags);
int shmdt(const void* address);
int shmctl(int id, int command, shmid_ds* status);
}  // namespace bare

/// In bytes, as it was asked for; 0 for none.
[[nodiscard]] std::size_t size_of_segment(int id);

/// A line of a story. Nothing here allocates, for it is also written in processes that are to die.
struct CallLine {
  char text[120];
};

/// "shmget(0x510a2f01, 4096, IPC_CREAT|IPC_EXCL) → segment 1". @param segment  its number in the story; @param error
/// 0: it succeeded
[[nodiscard]] CallLine tell_shmget(key_t key, std::size_t size, int flags, int segment, int error);
[[nodiscard]] CallLine tell_shmat(int segment, int flags, int error);
[[nodiscard]] CallLine tell_shmdt(int segment, int error);
/// @param status  what IPC_STAT has filled in
[[nodiscard]] CallLine tell_shmctl(int segment, int command, const shmid_ds* status, int error);

}  // namespace explore::detail
