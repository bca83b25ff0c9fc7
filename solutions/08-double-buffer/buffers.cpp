#include "buffers.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <string>
#include <string_view>

#include "shm/error.hpp"
#include "shm/not_implemented.hpp"

#pragma GCC diagnostic ignored "-Wunused-parameter"  // a step that is not written yet uses none of its own

namespace lab {
namespace {

/// What lies in the memory, before the slots: each part on a cache line of its own.
struct State {
  alignas(shm::kCacheLine) Identity identity;
  alignas(shm::kCacheLine) std::atomic<std::uint64_t> word;  // what it says depends on the kind
};

[[noreturn, maybe_unused]] void refuse(std::string_view call, const std::string& value) {
  shm::throw_error(EINVAL, call, value);
}

[[maybe_unused]] State& state_of(const Buffer& buffer) { return *reinterpret_cast<State*>(buffer.memory.data()); }

/// Bytes from one slot to the next: two slots never share a cache line.
[[maybe_unused]] std::size_t stride(std::size_t value_size) {
  return (value_size + shm::kCacheLine - 1) / shm::kCacheLine * shm::kCacheLine;
}

[[maybe_unused]] std::byte* slot(const Buffer& buffer, std::size_t index) {
  return buffer.memory.data() + sizeof(State) + index * stride(buffer.identity().value_size);
}

/// Throws for memory that no buffer can lie in, by its place alone.
[[maybe_unused]] void require_place(std::string_view call, std::span<std::byte> memory) {
  if (memory.data() == nullptr) refuse(call, "null memory");
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  if (address % shm::kCacheLine != 0) refuse(call, "memory not aligned to " + std::to_string(shm::kCacheLine));
}

/// Throws unless values of this size go through a buffer of this kind.
[[maybe_unused]] void require_value(std::string_view call, const Buffer& buffer, Kind kind, std::size_t size) {
  const Identity& identity = buffer.identity();
  if (identity.kind != kind) refuse(call, "a buffer of kind " + std::to_string(static_cast<int>(identity.kind)));
  if (identity.value_size == size) return;
  refuse(call, "a value of " + std::to_string(size) + " bytes, not " + std::to_string(identity.value_size));
}

// ---- Step 3: words that may change while they are copied -----------------------------------------------------------

/// Copies bytes into a slot that somebody may be reading.
[[maybe_unused]] void copy_in(std::byte* to, std::span<const std::byte> value) {
  for (std::size_t i = 0; i < value.size(); i += kWord) {
    std::uint64_t word = 0;
    std::memcpy(&word, value.data() + i, kWord);
    std::atomic_ref{*reinterpret_cast<std::uint64_t*>(to + i)}.store(word, std::memory_order_relaxed);
  }
}

/// Copies bytes from a slot that somebody may be writing to.
[[maybe_unused]] void copy_out(std::span<std::byte> value, std::byte* from) {
  for (std::size_t i = 0; i < value.size(); i += kWord) {
    const std::uint64_t word =
        std::atomic_ref{*reinterpret_cast<std::uint64_t*>(from + i)}.load(std::memory_order_relaxed);
    std::memcpy(value.data() + i, &word, kWord);
  }
}

// ---- Steps 4, 5: the word of a triple buffer -----------------------------------------------------------------------

/// Which slot is whose, in one word, so that no death leaves it half-changed.
struct Roles {
  std::uint64_t number;  // of the newest value; 0: there is none
  std::size_t newest;    // the slot in which it lies
  std::size_t held;      // the slot that the reader held when it was published
  bool taken;            // since then the reader has taken the newest, and given back the one that it held

  [[nodiscard]] std::size_t readers() const { return taken ? newest : held; }
};

constexpr std::uint64_t kTaken = 1;

[[maybe_unused]] Roles unpacked(std::uint64_t word) {
  return {.number = word >> 5U, .newest = word >> 3U & 3U, .held = word >> 1U & 3U, .taken = (word & kTaken) != 0};
}

[[maybe_unused]] std::uint64_t packed(const Roles& roles) {
  return roles.number << 5U | roles.newest << 3U | roles.held << 1U | (roles.taken ? kTaken : 0U);
}

/// A slot that is neither of these.
[[maybe_unused]] std::size_t other_than(std::size_t one, std::size_t another) {
  std::size_t index = 0;
  while (index == one || index == another) ++index;
  return index;
}

}  // namespace

// ---- Step 1: a buffer in given memory ------------------------------------------------------------------------------

std::size_t bytes_for(Kind kind, std::size_t value_size) {
  if (kind != Kind::kSeqlock && kind != Kind::kTriple) {
    refuse("bytes_for", "kind " + std::to_string(static_cast<std::uint64_t>(kind)));
  }
  if (value_size == 0 || value_size % kWord != 0 || value_size > kMostBytes) {
    refuse("bytes_for", "values of " + std::to_string(value_size) + " bytes");
  }
  return sizeof(State) + (kind == Kind::kTriple ? 3 : 2) * stride(value_size);
}

Buffer create(std::span<std::byte> memory, Kind kind, std::size_t value_size) {
  const std::size_t needed = bytes_for(kind, value_size);
  require_place("create", memory);
  if (memory.size() < needed) refuse("create", std::to_string(memory.size()) + " bytes of memory");
  const Buffer buffer{memory};
  buffer.identity().magic.store(0);  // first: what lay here before may look like a buffer
  State& state = *new (memory.data()) State{};
  state.identity.version = kVersion;
  state.identity.kind = kind;
  state.identity.value_size = value_size;
  state.identity.magic.store(kMagic, std::memory_order_release);  // last: now it is one
  return buffer;
}

Buffer attach(std::span<std::byte> memory, Kind kind, std::size_t value_size) {
  const std::size_t needed = bytes_for(kind, value_size);
  require_place("attach", memory);
  if (memory.size() < sizeof(Identity)) refuse("attach", std::to_string(memory.size()) + " bytes of memory");
  const Buffer buffer{memory};
  const Identity& identity = buffer.identity();
  if (identity.magic.load(std::memory_order_acquire) != kMagic) refuse("attach", "memory without a buffer");
  if (identity.version != kVersion) refuse("attach", "version " + std::to_string(identity.version));
  if (identity.kind != kind) refuse("attach", "kind " + std::to_string(static_cast<std::uint64_t>(identity.kind)));
  if (identity.value_size != value_size)
    refuse("attach", "values of " + std::to_string(identity.value_size) + " bytes");
  if (memory.size() < needed) refuse("attach", std::to_string(memory.size()) + " bytes of memory");
  return buffer;
}

// ---- Step 2: you are the scheduler ---------------------------------------------------------------------------------

std::size_t tearing_schedule(std::span<Turn> turns) {
  using enum Turn;
  // The reader looks, and has one word; the writer needs two rounds to come back to the slot that the reader is in.
  constexpr std::array kTurns = {kReader, kReader, kWriter, kWriter, kWriter, kWriter, kWriter, kReader};
  std::ranges::copy(kTurns, turns.begin());
  return kTurns.size();
}

std::size_t backwards_schedule(std::span<Turn> turns) {
  using enum Turn;
  // The reader looks; the writer comes back to that slot, and has not flipped when the reader reads it, and once more.
  constexpr std::array kTurns = {kReader, kWriter, kWriter, kWriter, kWriter, kWriter,
                                 kReader, kReader, kReader, kReader, kReader};
  std::ranges::copy(kTurns, turns.begin());
  return kTurns.size();
}

// ---- Step 3: a seqlock with two slots ------------------------------------------------------------------------------

// The word is twice the number of the newest value, which lies in slot number % 2; odd: the next one is being written.

std::uint64_t seqlock::write(const Buffer& buffer, std::span<const std::byte> value) {
  require_value("seqlock::write", buffer, Kind::kSeqlock, value.size());
  auto& word = state_of(buffer).word;
  const std::uint64_t number = word.load(std::memory_order_acquire) / 2 + 1;  // odd: a predecessor died, we do it again
  word.store(2 * number - 1, std::memory_order_release);
  std::atomic_thread_fence(std::memory_order_release);  // who sees one of our words sees the odd number
  copy_in(slot(buffer, number % 2), value);
  word.store(2 * number, std::memory_order_release);
  return number;
}

std::uint64_t seqlock::read(const Buffer& buffer, std::span<std::byte> value) {
  require_value("seqlock::read", buffer, Kind::kSeqlock, value.size());
  auto& word = state_of(buffer).word;
  for (;;) {
    const std::uint64_t number = word.load(std::memory_order_acquire) / 2;
    if (number == 0) return 0;
    copy_out(value, slot(buffer, number % 2));
    std::atomic_thread_fence(std::memory_order_acquire);
    // Value number + 2 is the next one in this slot: while it was not begun, nobody has disturbed us.
    if (word.load(std::memory_order_relaxed) <= 2 * (number + 1)) return number;
  }
}

// ---- Step 4: a triple buffer ---------------------------------------------------------------------------------------

std::uint64_t triple::write(const Buffer& buffer, std::span<const std::byte> value) {
  require_value("triple::write", buffer, Kind::kTriple, value.size());
  auto& word = state_of(buffer).word;
  std::uint64_t seen = word.load(std::memory_order_acquire);
  const std::uint64_t number = unpacked(seen).number + 1;
  const std::size_t ours = other_than(unpacked(seen).newest, unpacked(seen).readers());
  std::memcpy(slot(buffer, ours), value.data(), value.size());
  // Fails once at most: the reader takes a value once only, and nobody else writes.
  std::uint64_t next = 0;
  do {
    next = packed({.number = number, .newest = ours, .held = unpacked(seen).readers(), .taken = false});
  } while (!word.compare_exchange_strong(seen, next, std::memory_order_acq_rel, std::memory_order_acquire));
  return number;
}

std::uint64_t triple::read(const Buffer& buffer, std::span<std::byte> value) {
  require_value("triple::read", buffer, Kind::kTriple, value.size());
  auto& word = state_of(buffer).word;
  Roles roles = unpacked(word.load(std::memory_order_acquire));
  if (roles.number == 0) return 0;
  if (!roles.taken) roles = unpacked(word.fetch_or(kTaken, std::memory_order_acq_rel));
  std::memcpy(value.data(), slot(buffer, roles.newest), value.size());
  return roles.number;
}

}  // namespace lab
