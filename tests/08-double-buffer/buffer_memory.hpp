#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "buffers.hpp"
#include "shm/mapping.hpp"
#include "testing/memory.hpp"

/// Values, and buffers of them, for all suites of this lab.
namespace lab08 {

using lab::Kind;
using Numbers = std::vector<std::uint64_t>;
using Words = std::vector<std::uint64_t>;

/// What a read said that gave no value as it should be. (0: there was none yet.)
inline constexpr std::uint64_t kTorn = 0xDEAD'DEAD;  ///< its words do not belong together
inline constexpr std::uint64_t kMistaken =
    0xDEAD'0BAD;  ///< it is whole, but not the one of the number that was returned
inline constexpr std::uint64_t kTouched = 0xDEAD'0EEE;  ///< it said that there is no value, and gave one

/// For a test that fails: what these numbers say.
[[nodiscard]] inline std::string mistakes() {
  return std::to_string(kTorn) + ": its words do not belong together; " + std::to_string(kMistaken) +
         ": it is another value than its number says; " + std::to_string(kTouched) +
         ": it said that there is no value, and gave one";
}

/// Fills a value so that each word tells its number, and its place.
inline void fill(std::span<std::uint64_t> value, std::uint64_t number) {
  for (std::uint64_t i = 0; i < value.size(); ++i) value[i] = number * (2 * i + 3) + i;
}

/// The number of a value; kTorn when its words do not belong together.
[[nodiscard]] inline std::uint64_t number_of(std::span<const std::uint64_t> value) {
  const std::uint64_t number = value[0] / 3;
  for (std::uint64_t i = 0; i < value.size(); ++i) {
    if (value[i] != number * (2 * i + 3) + i) return kTorn;
  }
  return number;
}

inline std::uint64_t write_as(Kind kind, const lab::Buffer& buffer, std::span<const std::byte> value) {
  return kind == Kind::kTriple ? lab::triple::write(buffer, value) : lab::seqlock::write(buffer, value);
}
inline std::uint64_t read_as(Kind kind, const lab::Buffer& buffer, std::span<std::byte> value) {
  return kind == Kind::kTriple ? lab::triple::read(buffer, value) : lab::seqlock::read(buffer, value);
}

/// One side of a buffer, with room of its own for a value.
class Side {
 public:
  Side(Kind kind, lab::Buffer buffer, std::size_t size) : kind_{kind}, buffer_{buffer}, value_(size / lab::kWord) {}

  /// Writes value `number`; what the write said.
  std::uint64_t write(std::uint64_t number) {
    fill(value_, number);
    return write_as(kind_, buffer_, std::as_bytes(std::span{value_}));
  }
  /// The number of the value that is read; 0 when there is none; or what is wrong with it.
  [[nodiscard]] std::uint64_t read() {
    fill(value_, kTouched);
    const std::uint64_t said = read_as(kind_, buffer_, std::as_writable_bytes(std::span{value_}));
    const std::uint64_t seen = number_of(value_);
    if (said == 0) return seen == kTouched ? 0 : kTouched;
    return seen == said || seen == kTorn ? seen : kMistaken;
  }
  [[nodiscard]] const lab::Buffer& buffer() const { return buffer_; }

 private:
  Kind kind_;
  lab::Buffer buffer_;
  Words value_;
};

/// A buffer in memory of its own, for a subject that plays both sides.
struct PrivateBuffer {
  explicit PrivateBuffer(Kind kind, std::size_t size)
      : memory{lab::bytes_for(kind, size)}, buffer{lab::create(memory.bytes(), kind, size)}, side{kind, buffer, size} {}

  judge::PrivateMemory memory;
  lab::Buffer buffer;
  Side side;
};

/// Room for the largest buffer, that every process maps by itself.
struct BufferMemory : judge::SharedMemory {
  BufferMemory() : SharedMemory{6 * lab::kMostBytes} {}
};

/// The buffer in shared memory, as one process sees it.
struct Peer {
  Peer(const BufferMemory& memory, Kind kind, std::size_t size)
      : displacement{judge::some_pages()},
        mapping{memory.map()},
        side{kind, lab::attach(mapping.bytes(), kind, size), size} {}

  shm::Mapping displacement;
  shm::Mapping mapping;
  Side side;
};

}  // namespace lab08
