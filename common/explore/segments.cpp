#include "explore/segments.hpp"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <utility>

#include "explore/pass_on.hpp"

namespace explore::detail {

namespace bare {

int shmget(key_t key, std::size_t size, int flags) {
  JUST_PASS_ON(int, shmget, (key_t, std::size_t, int), (key, size, flags));
}
void* shmat(int id, const void* at, int flags) { JUST_PASS_ON(void*, shmat, (int, const void*, int), (id, at, flags)); }
int shmdt(const void* address) { JUST_PASS_ON(int, shmdt, (const void*), (address)); }
int shmctl(int id, int command, shmid_ds* status) {
  JUST_PASS_ON(int, shmctl, (int, int, shmid_ds*), (id, command, status));
}

}  // namespace bare

std::size_t size_of_segment(int id) {
  shmid_ds status{};
  const int error = errno;
  const bool is_known = bare::shmctl(id, IPC_STAT, &status) == 0;
  errno = error;
  return is_known ? status.shm_segsz : 0;
}

namespace {

[[gnu::format(printf, 2, 3)]] void add(CallLine& line, const char* format, ...) {
  const std::size_t used = std::strlen(line.text);
  va_list values;
  va_start(values, format);
  std::vsnprintf(line.text + used, sizeof line.text - used, format, values);
  va_end(values);
}

CallLine begin_with(const char* call, int segment) {
  CallLine line{};
  if (segment > 0) {
    add(line, "%s(segment %d", call, segment);
  } else {
    add(line, "%s(no segment", call);
  }
  return line;
}

void end_with(CallLine& line, int error) {
  if (error == 0) return;
  const char* const name = ::strerrorname_np(error);
  add(line, " → %s", name != nullptr ? name : "an error");
}

}  // namespace

CallLine tell_shmget(key_t key, std::size_t size, int flags, int segment, int error) {
  CallLine line{};
  if (key == IPC_PRIVATE) {
    add(line, "shmget(IPC_PRIVATE, %zu", size);
  } else {
    add(line, "shmget(0x%08x, %zu", static_cast<unsigned>(key), size);
  }
  const char* comma = ", ";
  if ((flags & IPC_CREAT) != 0) add(line, "%sIPC_CREAT", std::exchange(comma, "|"));
  if ((flags & IPC_EXCL) != 0) add(line, "%sIPC_EXCL", std::exchange(comma, "|"));
  add(line, ")");
  if (error == 0) add(line, " → segment %d", segment);
  end_with(line, error);
  return line;
}

CallLine tell_shmat(int segment, int flags, int error) {
  CallLine line = begin_with("shmat", segment);
  add(line, "%s", (flags & SHM_RDONLY) != 0 ? ", SHM_RDONLY)" : ")");
  end_with(line, error);
  return line;
}

CallLine tell_shmdt(int segment, int error) {
  CallLine line = begin_with("shmdt", segment);
  add(line, ")");
  end_with(line, error);
  return line;
}

CallLine tell_shmctl(int segment, int command, const shmid_ds* status, int error) {
  CallLine line = begin_with("shmctl", segment);
  switch (command) {
    case IPC_RMID:
      add(line, ", IPC_RMID)");
      break;
    case IPC_SET:
      add(line, ", IPC_SET)");
      break;
    case IPC_STAT:
      add(line, ", IPC_STAT)");
      break;
    default:
      add(line, ", %d)", command);
  }
  if (command == IPC_STAT && error == 0) {
    add(line, " → %lu attached", static_cast<unsigned long>(status->shm_nattch));
    if ((status->shm_perm.mode & SHM_DEST) != 0) add(line, ", to be removed");
  }
  end_with(line, error);
  return line;
}

}  // namespace explore::detail
