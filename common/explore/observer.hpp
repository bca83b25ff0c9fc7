#pragma once

#include <cstddef>
#include <cstdint>

/// The explorer's lower half. Code that is compiled with -fsanitize=thread
/// calls `__tsan_read8`, `__tsan_atomic64_load` and so on for each of its
/// accesses to memory; linked with this folder instead of ThreadSanitizer's
/// library, those calls tell an Observer what is about to happen, then do it as
/// the bare machine would.
///
/// This header is read by instrumented tests and by the plain runtime, so it
/// holds no inline function: the linker would keep one copy for both, and
/// either the runtime would watch itself or the test would go unseen.
namespace explore {

/// What an access does to its bytes.
enum class AccessKind : std::uint8_t {
  kRead,    ///< plain read
  kWrite,   ///< plain write
  kLoad,    ///< atomic load
  kStore,   ///< atomic store
  kUpdate,  ///< atomic read-modify-write; also a compare-exchange that fails,
            ///< which takes the cache line all the same
};

/// One access, reported before it is made.
struct Access {
  AccessKind kind;
  std::uintptr_t address;
  std::size_t size;
  const void* where;  ///< the code that makes it: where the hook returns to
};

/// Who is told. A plain structure with a function in it, since it is called
/// from within every access of the program: it may not allocate, lock or throw.
struct Observer {
  void (*saw)(Observer* self, const Access* access);
};

/// From now on the calling thread's accesses are reported to `observer`; to
/// nobody if it is null, as at the start of every thread. A forked child goes
/// on as its parent's thread did.
/// @returns whom they were reported to until now
Observer* observe(Observer* observer) noexcept;

}  // namespace explore
