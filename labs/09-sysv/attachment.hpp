#pragma once

#include <sys/shm.h>

#include <cstddef>
#include <span>
#include <utility>

namespace lab {

/// Owns the place at which a segment is attached: detaches it once, on destruction. Movable, not copyable; used from
/// one thread at a time, like a pointer.
/// @see shmat(2), shmdt(2)
class Attachment {
 public:
  Attachment() = default;
  /// Takes over what shmat returned; `size` is the segment's, in bytes: shmdt does not need it, who uses the memory
  /// does.
  Attachment(void* address, std::size_t size) noexcept : address_{address}, size_{size} {}
  Attachment(Attachment&& other) noexcept
      : address_{std::exchange(other.address_, nullptr)}, size_{std::exchange(other.size_, 0)} {}
  Attachment& operator=(Attachment&& other) noexcept {
    if (this != &other) {
      detach();
      address_ = std::exchange(other.address_, nullptr);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  ~Attachment() { detach(); }

  [[nodiscard]] std::byte* data() const noexcept { return static_cast<std::byte*>(address_); }
  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {data(), size_}; }
  explicit operator bool() const noexcept { return address_ != nullptr; }

  /// Gives the place away: the caller detaches it.
  [[nodiscard]] void* release() noexcept {
    size_ = 0;
    return std::exchange(address_, nullptr);
  }

 private:
  void detach() noexcept {
    if (address_ != nullptr) ::shmdt(address_);
  }

  void* address_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace lab
