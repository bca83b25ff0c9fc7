// What compilers call under -fsanitize=thread (g++ 12, clang 14) for plain
// accesses and at the start and end of functions, answered by us instead of by
// ThreadSanitizer's library. The compiler makes a plain access itself, after
// the call. Nothing here may allocate, lock or throw: hooks run in the middle
// of any expression, also before main and in forked children.

#include "explore/tell.hpp"

using explore::AccessKind;
using explore::detail::machine;
using explore::detail::tell_plain;

extern "C" {

#define TELL(KIND, ADDRESS, SIZE) tell_plain(AccessKind::KIND, ADDRESS, SIZE, __builtin_return_address(0))

#define PLAIN(NAME, KIND, SIZE)                                    \
  void __tsan_##NAME(void* address) { TELL(KIND, address, SIZE); } \
  void __tsan_##NAME##_pc(void* address, void*) { TELL(KIND, address, SIZE); }

#define READ_THEN_WRITE(NAME, SIZE)   \
  void __tsan_##NAME(void* address) { \
    TELL(kRead, address, SIZE);       \
    TELL(kWrite, address, SIZE);      \
  }

#define PLAIN_SIZE(SIZE)                              \
  PLAIN(read##SIZE, kRead, SIZE)                      \
  PLAIN(write##SIZE, kWrite, SIZE)                    \
  PLAIN(unaligned_read##SIZE, kRead, SIZE)            \
  PLAIN(unaligned_write##SIZE, kWrite, SIZE)          \
  PLAIN(volatile_read##SIZE, kRead, SIZE)             \
  PLAIN(volatile_write##SIZE, kWrite, SIZE)           \
  PLAIN(unaligned_volatile_read##SIZE, kRead, SIZE)   \
  PLAIN(unaligned_volatile_write##SIZE, kWrite, SIZE) \
  READ_THEN_WRITE(read_write##SIZE, SIZE)             \
  READ_THEN_WRITE(unaligned_read_write##SIZE, SIZE)

PLAIN_SIZE(1)
PLAIN_SIZE(2)
PLAIN_SIZE(4)
PLAIN_SIZE(8)
PLAIN_SIZE(16)

// g++ calls these for whole structures.
void __tsan_read_range(void* address, std::size_t size) { TELL(kRead, address, size); }
void __tsan_write_range(void* address, std::size_t size) { TELL(kWrite, address, size); }

void __tsan_vptr_read(void** vptr) { TELL(kRead, vptr, sizeof *vptr); }
void __tsan_vptr_update(void** vptr, void*) { TELL(kWrite, vptr, sizeof *vptr); }

void __tsan_init() {}
void __tsan_func_entry(void* caller) {
  if (machine != nullptr) machine->enter(caller);
}
void __tsan_func_exit() {
  if (machine != nullptr) machine->leave();
}
void __tsan_ignore_thread_begin() {}
void __tsan_ignore_thread_end() {}

}  // extern "C"
