// The 16-byte operations of tsan_atomics.cpp, which compilers call only where
// they may use cmpxchg16b (-mcx16). The builtins would call libatomic, so all
// are made of that one instruction; as in libatomic, even a load then writes
// the line.

#include "explore/tell.hpp"

#if defined(__x86_64__)

using explore::AccessKind;
using explore::detail::tell;

namespace {

using Order = int;
__extension__ using U128 = unsigned __int128;

bool compare_exchange(volatile U128* object, U128* expected, U128 desired) {
  auto low = static_cast<std::uint64_t>(*expected);
  auto high = static_cast<std::uint64_t>(*expected >> 64);
  bool done = false;
  asm volatile("lock cmpxchg16b %1"
               : "=@ccz"(done), "+m"(*object), "+a"(low), "+d"(high)
               : "b"(static_cast<std::uint64_t>(desired)), "c"(static_cast<std::uint64_t>(desired >> 64))
               : "memory");
  *expected = (static_cast<U128>(high) << 64) | low;
  return done;
}

}  // namespace

extern "C" {

// `old` is what the object held; NEW is what it holds afterwards.
#define UPDATE(NAME, NEW)                                                  \
  U128 __tsan_atomic128_##NAME(volatile U128* object, U128 value, Order) { \
    tell(AccessKind::kUpdate, object, sizeof *object);                     \
    U128 old = 0;                                                          \
    while (!compare_exchange(object, &old, NEW)) {                         \
    }                                                                      \
    return old;                                                            \
  }

UPDATE(exchange, value)
UPDATE(fetch_add, old + value)
UPDATE(fetch_sub, old - value)
UPDATE(fetch_and, old& value)
UPDATE(fetch_or, old | value)
UPDATE(fetch_xor, old ^ value)
UPDATE(fetch_nand, ~(old& value))

U128 __tsan_atomic128_load(const volatile U128* object, Order) {
  tell(AccessKind::kLoad, object, sizeof *object);
  U128 seen = 0;
  compare_exchange(const_cast<volatile U128*>(object), &seen, 0);
  return seen;
}

void __tsan_atomic128_store(volatile U128* object, U128 value, Order) {
  tell(AccessKind::kStore, object, sizeof *object);
  U128 old = 0;
  while (!compare_exchange(object, &old, value)) {
  }
}

int __tsan_atomic128_compare_exchange_strong(volatile U128* object, U128* expected, U128 desired, Order, Order) {
  tell(AccessKind::kUpdate, object, sizeof *object);
  return compare_exchange(object, expected, desired);
}

int __tsan_atomic128_compare_exchange_weak(volatile U128* object, U128* expected, U128 desired, Order, Order) {
  tell(AccessKind::kUpdate, object, sizeof *object);
  return compare_exchange(object, expected, desired);
}

U128 __tsan_atomic128_compare_exchange_val(volatile U128* object, U128 expected, U128 desired, Order, Order) {
  tell(AccessKind::kUpdate, object, sizeof *object);
  compare_exchange(object, &expected, desired);
  return expected;
}

}  // extern "C"

#endif
