#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// For the explorer alone: the memory that the threads of a scenario share.
namespace explore::detail {

/// Bytes at an address that is the same in every execution. Between two objects lies a gap that nobody may touch.
class Region {
 public:
  Region();
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;
  ~Region();

  /// Zeroes what was used.
  void restart();
  /// @throws std::bad_alloc
  void* allocate(std::size_t size, std::size_t alignment);

  /// From now on the object that begins there has so many bytes.
  void resize(std::uintptr_t object, std::size_t size);

  [[nodiscard]] std::uintptr_t begin() const { return begin_; }
  [[nodiscard]] bool contains(std::uintptr_t address) const { return address - begin_ < kSize; }
  /// Whether the bytes lie in one object.
  [[nodiscard]] bool holds(std::uintptr_t address, std::size_t size) const;

  static constexpr std::size_t kSize = std::size_t{1} << 20;

 private:
  struct Object {
    std::uintptr_t begin;
    std::uintptr_t end;
  };
  std::uintptr_t begin_;
  std::size_t used_;
  std::vector<Object> objects_;
};

}  // namespace explore::detail
