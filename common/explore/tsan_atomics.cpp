// What compilers call under -fsanitize=thread for atomic operations: told to
// the observer, then made here as the bare machine would, unless a scenario runs:
// then the explorer answers. The bare machine does not look at the memory order
// asked for: all are made sequentially consistent, which is never weaker. No allocation, no locks, no exceptions: see
// tsan_hooks.cpp.

#include "explore/tell.hpp"

using explore::AccessKind;
using explore::detail::machine;
using explore::detail::tell;
using explore::detail::Update;

namespace {

using Order = int;
using U8 = std::uint8_t;
using U16 = std::uint16_t;
using U32 = std::uint32_t;
using U64 = std::uint64_t;

constexpr int kOrder = __ATOMIC_SEQ_CST;

}  // namespace

extern "C" {

#define AT reinterpret_cast<std::uintptr_t>(object), sizeof *object
#define WHERE __builtin_return_address(0)

#define FETCH(BITS, NAME, KIND)                                                                                  \
  U##BITS __tsan_atomic##BITS##_fetch_##NAME(volatile U##BITS* object, U##BITS value, Order order) {             \
    if (machine != nullptr) return static_cast<U##BITS>(machine->update(AT, Update::KIND, value, order, WHERE)); \
    tell(AccessKind::kUpdate, object, sizeof *object);                                                           \
    return __atomic_fetch_##NAME(object, value, kOrder);                                                         \
  }

#define COMPARE_EXCHANGE(BITS, NAME, WEAK)                                                                        \
  int __tsan_atomic##BITS##_compare_exchange_##NAME(volatile U##BITS* object, U##BITS* expected, U##BITS desired, \
                                                    Order success, Order failure) {                               \
    if (machine != nullptr) {                                                                                     \
      U64 found = *expected;                                                                                      \
      const bool done = machine->compare_exchange(AT, found, desired, WEAK, success, failure, WHERE);             \
      if (!done) *expected = static_cast<U##BITS>(found);                                                         \
      return done;                                                                                                \
    }                                                                                                             \
    tell(AccessKind::kUpdate, object, sizeof *object);                                                            \
    return __atomic_compare_exchange_n(object, expected, desired, WEAK, kOrder, kOrder);                          \
  }

#define ATOMIC(BITS)                                                                                                  \
  U##BITS __tsan_atomic##BITS##_load(const volatile U##BITS* object, Order order) {                                   \
    if (machine != nullptr) return static_cast<U##BITS>(machine->load(AT, order, WHERE));                             \
    tell(AccessKind::kLoad, object, sizeof *object);                                                                  \
    return __atomic_load_n(object, kOrder);                                                                           \
  }                                                                                                                   \
  void __tsan_atomic##BITS##_store(volatile U##BITS* object, U##BITS value, Order order) {                            \
    if (machine != nullptr) return machine->store(AT, value, order, WHERE);                                           \
    tell(AccessKind::kStore, object, sizeof *object);                                                                 \
    __atomic_store_n(object, value, kOrder);                                                                          \
  }                                                                                                                   \
  U##BITS __tsan_atomic##BITS##_exchange(volatile U##BITS* object, U##BITS value, Order order) {                      \
    if (machine != nullptr) return static_cast<U##BITS>(machine->update(AT, Update::kExchange, value, order, WHERE)); \
    tell(AccessKind::kUpdate, object, sizeof *object);                                                                \
    return __atomic_exchange_n(object, value, kOrder);                                                                \
  }                                                                                                                   \
  FETCH(BITS, add, kAdd)                                                                                              \
  FETCH(BITS, sub, kSub)                                                                                              \
  FETCH(BITS, and, kAnd)                                                                                              \
  FETCH(BITS, or, kOr)                                                                                                \
  FETCH(BITS, xor, kXor)                                                                                              \
  FETCH(BITS, nand, kNand)                                                                                            \
  COMPARE_EXCHANGE(BITS, strong, false)                                                                               \
  COMPARE_EXCHANGE(BITS, weak, true)                                                                                  \
  U##BITS __tsan_atomic##BITS##_compare_exchange_val(volatile U##BITS* object, U##BITS expected, U##BITS desired,     \
                                                     Order success, Order failure) {                                  \
    if (machine != nullptr) {                                                                                         \
      U64 found = expected;                                                                                           \
      machine->compare_exchange(AT, found, desired, false, success, failure, WHERE);                                  \
      return static_cast<U##BITS>(found);                                                                             \
    }                                                                                                                 \
    tell(AccessKind::kUpdate, object, sizeof *object);                                                                \
    __atomic_compare_exchange_n(object, &expected, desired, false, kOrder, kOrder);                                   \
    return expected;                                                                                                  \
  }

ATOMIC(8)
ATOMIC(16)
ATOMIC(32)
ATOMIC(64)

void __tsan_atomic_thread_fence(Order order) {
  if (machine != nullptr) return machine->fence(order, WHERE);
  __atomic_thread_fence(kOrder);
}
void __tsan_atomic_signal_fence(Order) { __atomic_signal_fence(kOrder); }

}  // extern "C"
