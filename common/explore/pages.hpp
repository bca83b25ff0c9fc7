#pragma once

#include <cstddef>

/// For the runtime's own sources (see observer.hpp: what tests include holds no inline function).
namespace explore::detail {

/// The size of a page, in bytes.
inline constexpr std::size_t kPage = 4096;
/// The size, or the address, at the end of the page in which it lies.
[[nodiscard]] inline std::size_t in_pages(std::size_t size) { return (size + kPage - 1) / kPage * kPage; }

}  // namespace explore::detail
