#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "explore/observer.hpp"

namespace explore {

/// How often something was accessed. An atomic update counts as one load and one store.
struct Tally {
  std::uint32_t reads = 0;   ///< plain
  std::uint32_t writes = 0;  ///< plain
  std::uint32_t loads = 0;   ///< atomic
  std::uint32_t stores = 0;  ///< atomic
  friend bool operator==(const Tally&, const Tally&) = default;
};

/// Counts which side of a shared region does what to it, by cache line and by address: the cost of a layout as a number
/// that is the same on every machine and in every run, where a timing never is.
///
/// Only accesses of instrumented code (see observer.hpp) are counted, made by a thread within as(). The counts live in
/// shared memory: what a forked child counted can be read in its parent. Several threads or processes may count at the
/// same time; queries are for when they are done.
class AccessCounter {
 public:
  static constexpr int kSides = 2;
  static constexpr std::size_t kLine = 64;

  /// Counts the accesses to `region`, which must lie at the same address in every process that counts.
  /// @throws std::bad_alloc when there is no memory for the counts (some 50 bytes for each of the region)
  explicit AccessCounter(std::span<const std::byte> region) : AccessCounter{region.data(), region.size()} {}
  AccessCounter(const AccessCounter&) = delete;
  AccessCounter& operator=(const AccessCounter&) = delete;
  ~AccessCounter();

  /// Runs `body` and counts what the calling thread does meanwhile as the work of `side` (0 or 1).
  /// May be nested: then the inner side counts.
  template <typename Body>
  void as(int side, Body&& body) {
    const Turn turn{*this, side};
    body();
  }

  /// Declares bytes of the region as payload: what the sides exchange on purpose. looks() passes over them.
  /// @throws std::invalid_argument when they are not all in the region
  void declare_payload(std::span<const std::byte> bytes) { add_payload(bytes.data(), bytes.size()); }

  /// Sets all counts to zero; what was declared as payload remains so.
  void reset();

  /// Number of cache lines that the region touches.
  [[nodiscard]] std::size_t lines() const { return lines_; }

  /// Accesses by `side` that touched at least a byte of the line; line 0 holds the region's first byte.
  [[nodiscard]] Tally line(std::size_t index, int side) const;

  /// Accesses by `side` that began at exactly this address.
  [[nodiscard]] Tally at(const void* address, int side) const;

  /// How often `side` wrote (plain or atomic) to the line. A line that both sides write travels between their cores.
  [[nodiscard]] std::uint64_t writes(std::size_t line, int side) const;

  /// How often `side` read (plain or atomic) from the line only what the other side, which writes to the line, never
  /// wrote: it waited for a line that it wanted nothing new of.
  [[nodiscard]] std::uint64_t needless_reads(std::size_t line, int side) const;

  /// How often `side` read (plain or atomic) something that the other side wrote and that is no payload.
  [[nodiscard]] std::uint64_t looks(int side) const;

 private:
  struct Side;

  class Turn {
   public:
    Turn(AccessCounter& counter, int side);
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn();

   private:
    Observer* before_;
  };

  AccessCounter(const void* region, std::size_t bytes);
  void add_payload(const void* address, std::size_t bytes);
  [[nodiscard]] Side& side(int index) const;
  [[nodiscard]] bool touches_written(std::size_t offset, std::size_t size, int writer, bool payload_too) const;

  std::uintptr_t first_;  // the region's first byte
  std::uintptr_t begin_;  // the start of its line, from which offsets count
  std::uintptr_t end_;
  std::size_t lines_;
  std::size_t mapped_;
  Side* sides_;
  unsigned char* payload_;  // one for each byte
};

}  // namespace explore
