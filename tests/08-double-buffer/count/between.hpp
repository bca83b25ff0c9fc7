#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "explore/observer.hpp"

namespace buffer_count {

/// Lets somebody else work before each access to a region of memory, and counts these accesses: the most hostile order
/// that there is, the same in every run. For code that is compiled for the checker `count`.
class Between : private explore::Observer {
 public:
  /// @param others  what happens before each access; its own accesses are not looked at
  Between(std::span<const std::byte> region, std::function<void()> others)
      : explore::Observer{&Between::before}, region_{region}, others_{std::move(others)} {}

  /// From now on the others work before one access only, the `nth` (1: the first).
  void only_before(std::uint64_t nth) { only_ = nth; }

  /// Runs `work`. @returns the accesses that it made; a copy in one piece is one
  template <typename Work>
  std::uint64_t accesses_of(Work&& work) {
    accesses_ = 0;
    bytes_ = 0;
    explore::Observer* const usual = explore::observe(this);
    work();
    explore::observe(usual);
    return accesses_;
  }
  /// How many bytes these accesses touched, each as often as it was.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  // After so many accesses the others give up: what never comes to its end is too slow, but must not hang the test.
  static constexpr std::uint64_t kEnough = 100'000;

  static void before(explore::Observer* self, const explore::Access* access) {
    explore::observe(nullptr);
    static_cast<Between*>(self)->count(*access);
    explore::observe(self);
  }
  void count(const explore::Access& access) {
    const std::size_t offset = access.address - reinterpret_cast<std::uintptr_t>(region_.data());
    if (offset >= region_.size()) return;
    ++accesses_;
    bytes_ += access.size;
    if (only_ != 0 ? accesses_ == only_ : accesses_ < kEnough) others_();
  }

  std::span<const std::byte> region_;
  std::function<void()> others_;
  std::uint64_t accesses_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t only_ = 0;  // 0: before each
};

}  // namespace buffer_count
