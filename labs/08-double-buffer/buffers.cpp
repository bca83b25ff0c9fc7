#include "buffers.hpp"

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
  // TODO (step 3): the slot has the value's bytes. Somebody may read them meanwhile, and none of that is a race.
  // Handout, "A copy that may be disturbed"; std::atomic_ref.
  throw shm::NotImplemented{"step 3: copy into a slot"};
}

/// Copies bytes from a slot that somebody may be writing to.
[[maybe_unused]] void copy_out(std::span<std::byte> value, std::byte* from) {
  // TODO (step 3): the value has the slot's bytes. Somebody may write them meanwhile, and none of that is a race.
  throw shm::NotImplemented{"step 3: copy out of a slot"};
}

// ---- Steps 4, 5: the word of a triple buffer -----------------------------------------------------------------------

/// A suggestion: which slot is whose, in one word, so that no death leaves it half-changed.
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
  // TODO (step 1): what a buffer of this kind takes: the state, and its slots, each of them on cache lines of its own.
  // What the header says is refused, is refused.
  throw shm::NotImplemented{"step 1: the size of a buffer"};
}

Buffer create(std::span<std::byte> memory, Kind kind, std::size_t value_size) {
  // TODO (step 1): a buffer without a value. Nothing was written before all was checked; the magic number says what is
  // complete, and nothing else. Handout, "Half-made".
  throw shm::NotImplemented{"step 1: make a buffer"};
}

Buffer attach(std::span<std::byte> memory, Kind kind, std::size_t value_size) {
  // TODO (step 1): the buffer that lies there, after all that the header asks for was compared, or nothing.
  throw shm::NotImplemented{"step 1: attach to a buffer"};
}

// ---- Step 2: you are the scheduler ---------------------------------------------------------------------------------

std::size_t tearing_schedule(std::span<Turn> turns) {
  // TODO (step 2): the turns in which the reader of textbook.hpp gets half of one value and half of another.
  // Handout, "The writer comes round".
  throw shm::NotImplemented{"step 2: an order that tears"};
}

std::size_t backwards_schedule(std::span<Turn> turns) {
  // TODO (step 2): the turns in which it gets whole values only, but an older one after a newer one.
  throw shm::NotImplemented{"step 2: an order that goes back"};
}

// ---- Step 3: a seqlock with two slots ------------------------------------------------------------------------------

// A suggestion: the word is twice the number of the newest value, which lies in slot number % 2; odd: the next one is
// being written.

std::uint64_t seqlock::write(const Buffer& buffer, std::span<const std::byte> value) {
  require_value("seqlock::write", buffer, Kind::kSeqlock, value.size());
  // TODO (step 3): the value is in the slot that does not hold the newest one; who reads a word of it can find out that
  // this slot was being written; then it is published. Handout, "Look twice".
  // TODO (step 5): and so when a predecessor died, wherever it was.
  throw shm::NotImplemented{"step 3: publish a value"};
}

std::uint64_t seqlock::read(const Buffer& buffer, std::span<std::byte> value) {
  require_value("seqlock::read", buffer, Kind::kSeqlock, value.size());
  // TODO (step 3): a copy of the newest value, during which its slot was not being written; or another try.
  throw shm::NotImplemented{"step 3: read the newest value"};
}

// ---- Step 4: a triple buffer ---------------------------------------------------------------------------------------

std::uint64_t triple::write(const Buffer& buffer, std::span<const std::byte> value) {
  require_value("triple::write", buffer, Kind::kTriple, value.size());
  // TODO (step 4): the value is in a slot that nobody looks into, and is the newest, by one change of the word.
  // Handout, "Three slots, one word".
  throw shm::NotImplemented{"step 4: publish a value"};
}

std::uint64_t triple::read(const Buffer& buffer, std::span<std::byte> value) {
  require_value("triple::read", buffer, Kind::kTriple, value.size());
  // TODO (step 4): the newest value's slot is the reader's, by one change of the word, and is copied.
  throw shm::NotImplemented{"step 4: read the newest value"};
}

}  // namespace lab
