#pragma once

#include <cstdint>

#include "buffer_memory.hpp"
#include "explore/scenario.hpp"
#include "testing/crash.hpp"
#include "testing/shared.hpp"

namespace buffer_crash {

using lab08::Kind;
using lab08::Peer;
using lab08::Side;

inline constexpr std::size_t kSize = 3 * lab::kWord;

/// What a sweep needs: a buffer with some values in it, made anew before each death, and a note of what its victim is
/// sure to have done.
class SweptBuffer {
 public:
  explicit SweptBuffer(Kind kind, std::size_t size = kSize) : kind_{kind}, size_{size} {}

  /// Writes values up to `values`; the reader reads each but the last.
  void make_anew(std::uint64_t values) {
    *done_ = 0;
    const auto mapping = memory_.map();
    Side side{kind_, lab::create(mapping.bytes(), kind_, size_), size_};
    for (std::uint64_t number = 1; number <= values; ++number) {
      explore::require(side.write(number) == number, "a write says the number of its value");
      if (number < values) explore::require(side.read() == number, "a read gives the newest value");
    }
  }
  [[nodiscard]] Peer attach() const { return Peer{memory_, kind_, size_}; }
  [[nodiscard]] const lab08::BufferMemory& memory() const { return memory_; }

  /// The last value that the victim is sure to have written, or read.
  void done(std::uint64_t number) { *done_ = number; }
  [[nodiscard]] std::uint64_t done() const { return *done_; }

 private:
  lab08::BufferMemory memory_;
  judge::Shared<std::uint64_t> done_;
  Kind kind_;
  std::size_t size_;
};

/// A value that is read, whole and no older than `least`. @returns its number
inline std::uint64_t require_value(Side& side, std::uint64_t least) {
  const std::uint64_t seen = side.read();
  explore::require(seen != lab08::kTorn, "a value is whole, whoever died while it was written");
  explore::require(seen != lab08::kMistaken && seen != lab08::kTouched, "a value is the one that its number says");
  explore::require(seen >= least, "no value that was published is lost");
  return seen;
}

/// The buffer goes on as if nothing had happened.
inline void goes_on(Side& side, std::uint64_t newest) {
  for (int i = 0; i < 4; ++i) {
    ++newest;
    explore::require(side.write(newest) == newest, "a successor's value has the next number");
    explore::require(side.read() == newest, "what is written now is read");
    explore::require(side.read() == newest, "and read again");
  }
}

}  // namespace buffer_crash
