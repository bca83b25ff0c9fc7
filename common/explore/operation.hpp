#pragma once

#include <cstdint>

/// For the explorer alone.
namespace explore::detail {

/// What a thread of a scenario is about to do, as far as others may notice it.
enum class What : std::uint8_t {
  kBegin,    ///< of the thread itself
  kLoad,     ///< atomic
  kStore,    ///< atomic
  kUpdate,   ///< atomic read-modify-write, also a compare-exchange
  kFence,    ///< sequentially consistent; the others concern their own thread alone
  kAcquire,  ///< takes something that one can have to wait for: a lock, a token
  kTry,      ///< the same without waiting
  kRelease,  ///< gives it back, or lets others in
  kLook,     ///< at something that others may change
  kYield,    ///< gives way
};

struct Operation {
  What what = What::kBegin;
  std::uint8_t order = 0;     ///< as __ATOMIC_...
  std::uint8_t size = 0;      ///< in bytes, of what is accessed
  std::uintptr_t object = 0;  ///< its address
  const void* where = nullptr;
  std::uintptr_t also = 0;  ///< another object that it concerns: the mutex that a wait unlocks
};

[[nodiscard]] inline Operation operation_on(What what, const void* object, const void* where,
                                            const void* also = nullptr) {
  return {.what = what,
          .object = reinterpret_cast<std::uintptr_t>(object),
          .where = where,
          .also = reinterpret_cast<std::uintptr_t>(also)};
}

[[nodiscard]] inline bool is_plain_load(const Operation& operation) {
  return operation.what == What::kLoad && operation.order != __ATOMIC_SEQ_CST;
}

[[nodiscard]] inline bool is_sequentially_consistent(const Operation& operation) {
  return operation.what == What::kFence ||
         (operation.what <= What::kUpdate && operation.what != What::kBegin && operation.order == __ATOMIC_SEQ_CST);
}

/// Whether it matters which of the two comes first. Two loads change nothing for each other, except that a sequentially
/// consistent one hides older stores from the next.
[[nodiscard]] inline bool depend(const Operation& one, const Operation& other) {
  if (one.what == What::kFence || other.what == What::kFence) {
    return is_sequentially_consistent(one) && is_sequentially_consistent(other);
  }
  if (one.object == 0 || other.object == 0) return false;
  if (one.also != 0 && (one.also == other.object || one.also == other.also)) return true;
  if (other.also != 0 && other.also == one.object) return true;
  if (one.object != other.object) return false;
  return !(one.what == What::kLoad && other.what == What::kLoad && (is_plain_load(one) || is_plain_load(other)));
}

}  // namespace explore::detail
