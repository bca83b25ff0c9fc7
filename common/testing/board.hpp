#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace judge::detail {

/// The memory that a subject and the judge share: how the subject says what became of it. It has no name and no
/// descriptor, so closing everything loses nothing; a subject that writes over it destroys its `seal`.
struct Board {
  static constexpr std::size_t kMaxValue = std::size_t{8} << 20;

  enum End : std::uint32_t { kNone, kReturned, kThrew };

  std::atomic<std::uint32_t> not_started;  // `token` once a NotImplemented was made, also in children and threads
  char step[128];

  std::atomic<std::uint64_t> seal;  // a checksum over what follows, mixed with a secret of the judge's
  End end;
  int error;
  char exception_type[256];
  char what[1024];
  char leaks[4096];  // a line each
  std::size_t value_size;

  std::atomic<std::uint32_t> frames;  // of the crash, if there was one; outside the seal, for it is only shown
  void* frame[48];

  std::byte value[kMaxValue];
};

/// The checksum that `seal` must hold. 0 is never a valid seal.
std::uint64_t seal_of(const Board& board, std::uint64_t secret);

/// The board of this process: the judge's own between subjects, the subject's inside one.
extern Board* current_board;

/// What `not_started` must hold to be believed: differs from subject to subject.
extern std::uint32_t token;
inline std::uint32_t token_from(std::uint64_t secret) { return static_cast<std::uint32_t>(secret >> 16) | 1U; }
inline bool was_not_started(const Board& board, std::uint32_t expected) { return board.not_started.load() == expected; }

}  // namespace judge::detail
