#pragma once

#include <cstddef>
#include <cstdint>

#include "explore/machine.hpp"
#include "explore/observer.hpp"

#if defined(__SANITIZE_THREAD__)
#error "the runtime behind -fsanitize=thread must not be compiled with it: each hook would call itself"
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#error "the runtime behind -fsanitize=thread must not be compiled with it: each hook would call itself"
#endif
#endif

/// For the hooks alone.
namespace explore::detail {

/// The calling thread's observer.
extern constinit thread_local Observer* watching;

/// A plain access: for the scenario that runs, if there is one, and for the calling thread's observer.
static inline void tell_plain(AccessKind kind, const void* address, std::size_t size, const void* where) {
  if (machine != nullptr) {
    machine->plain(reinterpret_cast<std::uintptr_t>(address), size, kind == AccessKind::kWrite, where);
    return;
  }
  Observer* const observer = watching;
  if (observer == nullptr || size == 0) return;
  const Access access = {kind, reinterpret_cast<std::uintptr_t>(address), size, where};
  observer->saw(observer, &access);
}

/// An atomic access that the bare machine makes: for the calling thread's observer.
static inline void tell(AccessKind kind, const volatile void* address, std::size_t size,
                        const void* where = __builtin_return_address(0)) {
  Observer* const observer = watching;
  if (observer == nullptr || size == 0) return;
  const Access access = {kind, reinterpret_cast<std::uintptr_t>(address), size, where};
  observer->saw(observer, &access);
}

}  // namespace explore::detail
