// What compilers call under -fsanitize=thread for atomic operations: told to
// the observer, then made here as the bare machine would. The memory order
// asked for is not looked at: all are made sequentially consistent, which is
// never weaker. No allocation, no locks, no exceptions: see tsan_hooks.cpp.

#include "explore/tell.hpp"

using explore::AccessKind;
using explore::detail::tell;

namespace {

using Order = int;
using U8 = std::uint8_t;
using U16 = std::uint16_t;
using U32 = std::uint32_t;
using U64 = std::uint64_t;

constexpr int kOrder = __ATOMIC_SEQ_CST;

}  // namespace

extern "C" {

#define FETCH(BITS, NAME)                                                                      \
  U##BITS __tsan_atomic##BITS##_fetch_##NAME(volatile U##BITS* object, U##BITS value, Order) { \
    tell(AccessKind::kUpdate, object, sizeof *object);                                         \
    return __atomic_fetch_##NAME(object, value, kOrder);                                       \
  }

#define COMPARE_EXCHANGE(BITS, NAME, WEAK)                                                                        \
  int __tsan_atomic##BITS##_compare_exchange_##NAME(volatile U##BITS* object, U##BITS* expected, U##BITS desired, \
                                                    Order, Order) {                                               \
    tell(AccessKind::kUpdate, object, sizeof *object);                                                            \
    return __atomic_compare_exchange_n(object, expected, desired, WEAK, kOrder, kOrder);                          \
  }

#define ATOMIC(BITS)                                                                                              \
  U##BITS __tsan_atomic##BITS##_load(const volatile U##BITS* object, Order) {                                     \
    tell(AccessKind::kLoad, object, sizeof *object);                                                              \
    return __atomic_load_n(object, kOrder);                                                                       \
  }                                                                                                               \
  void __tsan_atomic##BITS##_store(volatile U##BITS* object, U##BITS value, Order) {                              \
    tell(AccessKind::kStore, object, sizeof *object);                                                             \
    __atomic_store_n(object, value, kOrder);                                                                      \
  }                                                                                                               \
  U##BITS __tsan_atomic##BITS##_exchange(volatile U##BITS* object, U##BITS value, Order) {                        \
    tell(AccessKind::kUpdate, object, sizeof *object);                                                            \
    return __atomic_exchange_n(object, value, kOrder);                                                            \
  }                                                                                                               \
  FETCH(BITS, add)                                                                                                \
  FETCH(BITS, sub)                                                                                                \
  FETCH(BITS, and)                                                                                                \
  FETCH(BITS, or)                                                                                                 \
  FETCH(BITS, xor)                                                                                                \
  FETCH(BITS, nand)                                                                                               \
  COMPARE_EXCHANGE(BITS, strong, false)                                                                           \
  COMPARE_EXCHANGE(BITS, weak, true)                                                                              \
  U##BITS __tsan_atomic##BITS##_compare_exchange_val(volatile U##BITS* object, U##BITS expected, U##BITS desired, \
                                                     Order, Order) {                                              \
    tell(AccessKind::kUpdate, object, sizeof *object);                                                            \
    __atomic_compare_exchange_n(object, &expected, desired, false, kOrder, kOrder);                               \
    return expected;                                                                                              \
  }

ATOMIC(8)
ATOMIC(16)
ATOMIC(32)
ATOMIC(64)

void __tsan_atomic_thread_fence(Order) { __atomic_thread_fence(kOrder); }
void __tsan_atomic_signal_fence(Order) { __atomic_signal_fence(kOrder); }

}  // extern "C"
