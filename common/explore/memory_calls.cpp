// Copies, fills and comparisons that are calls: in every build of the explorer
// the program is linked with -Wl,--wrap=memcpy and so on, so that they come
// here. (g++ makes small ones of constant length in line and unseen unless
// it is told -fno-builtin-memcpy and so on.) Later compilers call __tsan_memcpy
// and its like instead. No allocation, no locks, no exceptions: see
// tsan_hooks.cpp.

#include "explore/tell.hpp"

using explore::AccessKind;
using explore::detail::tell_plain;

extern "C" {

void* __real_memcpy(void* to, const void* from, std::size_t size);
void* __real_memmove(void* to, const void* from, std::size_t size);
void* __real_memset(void* to, int byte, std::size_t size);
int __real_memcmp(const void* one, const void* other, std::size_t size);

#define TELL(KIND, ADDRESS, SIZE) tell_plain(AccessKind::KIND, ADDRESS, SIZE, __builtin_return_address(0))

#define COPY(NAME)                                                    \
  void* __wrap_##NAME(void* to, const void* from, std::size_t size) { \
    TELL(kRead, from, size);                                          \
    TELL(kWrite, to, size);                                           \
    return __real_##NAME(to, from, size);                             \
  }                                                                   \
  void* __tsan_##NAME(void* to, const void* from, std::size_t size) { \
    TELL(kRead, from, size);                                          \
    TELL(kWrite, to, size);                                           \
    return __real_##NAME(to, from, size);                             \
  }

COPY(memcpy)
COPY(memmove)

void* __wrap_memset(void* to, int byte, std::size_t size) {
  TELL(kWrite, to, size);
  return __real_memset(to, byte, size);
}

int __wrap_memcmp(const void* one, const void* other, std::size_t size) {
  TELL(kRead, one, size);
  TELL(kRead, other, size);
  return __real_memcmp(one, other, size);
}

void* __tsan_memset(void* to, int byte, std::size_t size) {
  TELL(kWrite, to, size);
  return __real_memset(to, byte, size);
}

}  // extern "C"
