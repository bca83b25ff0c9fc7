// Copies and fills that are calls: in every build of the explorer the program
// is linked with -Wl,--wrap=memcpy,--wrap=memmove,--wrap=memset, so that they
// come here. (g++ makes small ones of constant length in line and unseen unless
// it is told -fno-builtin-memcpy and so on.) Later compilers call __tsan_memcpy
// and its like instead. No allocation, no locks, no exceptions: see
// tsan_hooks.cpp.

#include "explore/tell.hpp"

using explore::AccessKind;
using explore::detail::tell;

extern "C" {

void* __real_memcpy(void* to, const void* from, std::size_t size);
void* __real_memmove(void* to, const void* from, std::size_t size);
void* __real_memset(void* to, int byte, std::size_t size);

void* __wrap_memcpy(void* to, const void* from, std::size_t size) {
  tell(AccessKind::kRead, from, size);
  tell(AccessKind::kWrite, to, size);
  return __real_memcpy(to, from, size);
}

void* __wrap_memmove(void* to, const void* from, std::size_t size) {
  tell(AccessKind::kRead, from, size);
  tell(AccessKind::kWrite, to, size);
  return __real_memmove(to, from, size);
}

void* __wrap_memset(void* to, int byte, std::size_t size) {
  tell(AccessKind::kWrite, to, size);
  return __real_memset(to, byte, size);
}

void* __tsan_memcpy(void* to, const void* from, std::size_t size) { return __wrap_memcpy(to, from, size); }
void* __tsan_memmove(void* to, const void* from, std::size_t size) { return __wrap_memmove(to, from, size); }
void* __tsan_memset(void* to, int byte, std::size_t size) { return __wrap_memset(to, byte, size); }

}  // extern "C"
