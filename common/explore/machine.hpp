#pragma once

#include <cstddef>
#include <cstdint>

/// For the hooks and the explorer alone.
namespace explore::detail {

enum class Update : std::uint8_t { kExchange, kAdd, kSub, kAnd, kOr, kXor, kNand };

/// Who answers accesses instead of the bare machine, while a scenario runs. `where` is the address in the program that
/// the hook returns to.
class Machine {
 public:
  Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  virtual ~Machine() = default;

  virtual void plain(std::uintptr_t address, std::size_t size, bool writes, const void* where) = 0;
  virtual std::uint64_t load(std::uintptr_t address, std::size_t size, int order, const void* where) = 0;
  virtual void store(std::uintptr_t address, std::size_t size, std::uint64_t value, int order, const void* where) = 0;
  /// @returns what was there before
  virtual std::uint64_t update(std::uintptr_t address, std::size_t size, Update kind, std::uint64_t operand, int order,
                               const void* where) = 0;
  /// @returns whether `desired` was stored; else `expected` holds what was there
  virtual bool compare_exchange(std::uintptr_t address, std::size_t size, std::uint64_t& expected,
                                std::uint64_t desired, bool weak, int success, int failure, const void* where) = 0;
  virtual void fence(int order, const void* where) = 0;
  virtual void enter(const void* caller) = 0;
  virtual void leave() = 0;
};

/// Null: the bare machine answers. Set only while a thread of a scenario runs.
extern Machine* machine;

}  // namespace explore::detail
