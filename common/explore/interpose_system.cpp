// Calls of the C library by which a process changes what others see: objects, files, mappings. Defined here, they are
// crash points, and in a scenario steps at which another thread may go on. They are made in any case.
// @see shm_open(3), mmap(2), msync(2)

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdarg>

#include "explore/durable.hpp"
#include "explore/engine.hpp"
#include "explore/pass_on.hpp"
#include "explore/shared_ranges.hpp"
#include "explore/unwatched.hpp"

using explore::detail::crash_point_at_call;
using explore::detail::engine;
using explore::detail::next_named;
using explore::detail::no_longer_shared;
using explore::detail::range_at;
using explore::detail::SharedRange;
using explore::detail::Unwatched;

namespace {

// A descriptor of a scenario's: an execution may end before it is closed.
int noted(int fd) {
  if (engine == nullptr) return fd;
  const Unwatched unwatched;
  engine->system().opened(fd);
  return fd;
}

// To open what is there changes nothing for others.
void open_in_scenario(const char* call, int flags, const void* where) {
  if ((flags & (O_CREAT | O_TRUNC)) != 0) {
    engine->system_call(call, where);
  } else {
    engine->look_at_system(call, where);
  }
}

std::uintptr_t number_of(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }

// A mapping that others see.
void note_shared(const void* address, size_t size, int fd, off_t offset) {
  struct stat status {};
  const bool has_file = fd >= 0 && ::fstat(fd, &status) == 0;
  explore::detail::now_shared(
      {number_of(address), number_of(address) + size, offset, has_file ? status.st_ino : ino_t{0}});
}

}  // namespace

#define HANDED_ON(RESULT, NAME, PARAMETERS, TYPES, ARGUMENTS) \
  RESULT NAME PARAMETERS {                                    \
    if (IN_SCENARIO) engine->system_call(#NAME, WHERE);       \
    PASS_ON(RESULT, NAME, TYPES, ARGUMENTS);                  \
  }

extern "C" {

int shm_open(const char* name, int flags, mode_t mode) {
  if (IN_SCENARIO) open_in_scenario("shm_open", flags, WHERE);
  crash_point_at_call("shm_open", WHERE);
  static auto* const real = next_named<int(const char*, int, mode_t)>("shm_open");
  return noted(real(name, flags, mode));
}
HANDED_ON(int, shm_unlink, (const char* name), (const char*), (name))
HANDED_ON(int, unlink, (const char* path) noexcept, (const char*), (path))
HANDED_ON(int, unlinkat, (int folder, const char* path, int flags) noexcept, (int, const char*, int),
          (folder, path, flags))
HANDED_ON(int, rename, (const char* from, const char* to) noexcept, (const char*, const char*), (from, to))
HANDED_ON(int, linkat, (int from_fd, const char* from, int to_fd, const char* to, int flags) noexcept,
          (int, const char*, int, const char*, int), (from_fd, from, to_fd, to, flags))
HANDED_ON(int, link, (const char* from, const char* to) noexcept, (const char*, const char*), (from, to))
HANDED_ON(int, ftruncate, (int fd, off_t size) noexcept, (int, off_t), (fd, size))
HANDED_ON(int, posix_fallocate, (int fd, off_t offset, off_t size), (int, off_t, off_t), (fd, offset, size))
HANDED_ON(int, fallocate, (int fd, int mode, off_t offset, off_t size), (int, int, off_t, off_t),
          (fd, mode, offset, size))
HANDED_ON(int, fchmod, (int fd, mode_t mode) noexcept, (int, mode_t), (fd, mode))
HANDED_ON(ssize_t, write, (int fd, const void* bytes, size_t size), (int, const void*, size_t), (fd, bytes, size))
HANDED_ON(ssize_t, pwrite, (int fd, const void* bytes, size_t size, off_t offset), (int, const void*, size_t, off_t),
          (fd, bytes, size, offset))

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const auto mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : mode_t{0};
  va_end(rest);
  if (IN_SCENARIO) open_in_scenario("open", flags, WHERE);
  crash_point_at_call("open", WHERE);
  static auto* const real = next_named<int(const char*, int, ...)>("open");
  return noted(real(path, flags, mode));
}

int openat(int folder, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const auto mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : mode_t{0};
  va_end(rest);
  if (IN_SCENARIO) open_in_scenario("openat", flags, WHERE);
  crash_point_at_call("openat", WHERE);
  static auto* const real = next_named<int(int, const char*, int, ...)>("openat");
  return noted(real(folder, path, flags, mode));
}

ssize_t pread(int fd, void* bytes, size_t size, off_t offset) {
  if (IN_SCENARIO) engine->look_at_system("pread", WHERE);
  JUST_PASS_ON(ssize_t, pread, (int, void*, size_t, off_t), (fd, bytes, size, offset));
}

int close(int fd) {
  if (engine != nullptr) engine->system().closed(fd);
  JUST_PASS_ON(int, close, (int), (fd));
}

int fstat(int fd, struct stat* status) noexcept {
  if (IN_SCENARIO) engine->look_at_system("fstat", WHERE);
  JUST_PASS_ON(int, fstat, (int, struct stat*), (fd, status));
}

void* mmap(void* at, size_t size, int protection, int flags, int fd, off_t offset) noexcept {
  static auto* const real = next_named<void*(void*, size_t, int, int, int, off_t)>("mmap");
  const bool is_shared = (flags & MAP_TYPE) == MAP_SHARED || (flags & MAP_TYPE) == MAP_SHARED_VALIDATE;
  const bool is_object = is_shared && (flags & (MAP_ANONYMOUS | MAP_FIXED)) == 0;
  if (is_object && engine != nullptr) {
    const Unwatched unwatched;
    return engine->system().map(fd, size, protection, offset);
  }
  void* const address = real(at, size, protection, flags, fd, offset);
  if (address == MAP_FAILED) return address;
  if (is_shared) {
    note_shared(address, size, (flags & MAP_ANONYMOUS) == 0 ? fd : -1, offset);
  } else {
    no_longer_shared(number_of(address), size);  // with MAP_FIXED it may lie over one that was
  }
  return address;
}

int munmap(void* address, size_t size) noexcept {
  static auto* const real = next_named<int(void*, size_t)>("munmap");
  if (engine != nullptr) {
    const Unwatched unwatched;
    if (engine->system().unmap(address)) return 0;
  }
  const int result = real(address, size);
  if (result == 0) no_longer_shared(number_of(address), size);
  return result;
}

void* mremap(void* address, size_t old_size, size_t new_size, int flags, ...) noexcept {
  va_list rest;
  va_start(rest, flags);
  void* const to = (flags & MREMAP_FIXED) != 0 ? va_arg(rest, void*) : nullptr;
  va_end(rest);
  static auto* const real = next_named<void*(void*, size_t, size_t, int, ...)>("mremap");
  if (engine != nullptr) {
    if (IN_SCENARIO) engine->system_call("mremap", WHERE);
    const Unwatched unwatched;
    if (void* const grown = engine->system().grow(address, new_size); grown != nullptr) return grown;
  }
  void* const moved = real(address, old_size, new_size, flags, to);
  if (moved == MAP_FAILED) return moved;
  if (const SharedRange* const range = range_at(number_of(address)); range != nullptr) {
    SharedRange fresh = *range;
    fresh.offset += static_cast<off_t>(number_of(address) - range->begin);
    fresh.begin = number_of(moved);
    fresh.end = fresh.begin + new_size;
    no_longer_shared(number_of(address), old_size);
    explore::detail::now_shared(fresh);
  }
  return moved;
}

int msync(void* address, size_t size, int flags) {
  if (IN_SCENARIO) engine->system_call("msync", WHERE);
  crash_point_at_call("msync", WHERE);
  static auto* const real = next_named<int(void*, size_t, int)>("msync");
  const int result = real(address, size, flags);
  if (result == 0 && (flags & MS_SYNC) != 0) explore::detail::now_durable(address, size);
  return result;
}

int fsync(int fd) {
  if (IN_SCENARIO) engine->system_call("fsync", WHERE);
  crash_point_at_call("fsync", WHERE);
  static auto* const real = next_named<int(int)>("fsync");
  const int result = real(fd);
  if (result == 0) explore::detail::file_now_durable(fd);
  return result;
}

int fdatasync(int fd) {
  if (IN_SCENARIO) engine->system_call("fdatasync", WHERE);
  crash_point_at_call("fdatasync", WHERE);
  static auto* const real = next_named<int(int)>("fdatasync");
  const int result = real(fd);
  if (result == 0) explore::detail::file_now_durable(fd);
  return result;
}

// The same calls, as a program with _FILE_OFFSET_BITS 64 knows them.
[[gnu::alias("mmap")]] void* mmap64(void*, size_t, int, int, int, off64_t) noexcept;
[[gnu::alias("ftruncate")]] int ftruncate64(int, off64_t) noexcept;
[[gnu::alias("posix_fallocate")]] int posix_fallocate64(int, off64_t, off64_t);
[[gnu::alias("fallocate")]] int fallocate64(int, int, off64_t, off64_t);
[[gnu::alias("pwrite")]] ssize_t pwrite64(int, const void*, size_t, off64_t);
[[gnu::alias("pread")]] ssize_t pread64(int, void*, size_t, off64_t);
[[gnu::alias("openat")]] int openat64(int, const char*, int, ...);
[[gnu::alias("open")]] int open64(const char*, int, ...);
int fstat64(int fd, struct stat64* status) noexcept {
  return fstat(fd, reinterpret_cast<struct stat*>(status));  // the same on x86-64
}

}  // extern "C"
