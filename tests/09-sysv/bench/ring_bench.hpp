#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace bench {

/// Bytes that the ring of lab 07 needs here, and how it does over memory from wherever; nothing as long as that lab is
/// not solved.
[[nodiscard]] std::optional<std::size_t> bytes_for_ring();
/// @param memory  two mappings of one piece of memory, a side each
/// @return seconds for so many items of 64 bytes, from one core to the other
[[nodiscard]] std::optional<double> ring_seconds(std::span<std::byte> producers, std::span<std::byte> consumers,
                                                 std::uint64_t items);

}  // namespace bench
