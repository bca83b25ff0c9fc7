#pragma once

#include <chrono>
#include <cstdint>

#include "buffer_memory.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/rendezvous.hpp"
#include "testing/seed.hpp"
#include "testing/subject.hpp"

namespace lab08 {

/// Makes a buffer in shared memory, by a subject that ends before the peers start.
[[nodiscard]] inline judge::Outcome<judge::Unit> make_buffer(const SharedMemory& memory, Kind kind, std::size_t size) {
  return judge::subject([&memory, kind, size] {
    const auto mapping = memory.map();
    static_cast<void>(lab::create(mapping.bytes(), kind, size));
  });
}

/// `plenty` under a fast checker, less under a slow one.
[[nodiscard]] inline std::uint64_t as_many_as_suits(std::uint64_t plenty) {
  const auto scale = judge::patience(std::chrono::seconds{1}) / std::chrono::milliseconds{1};
  return plenty * 1000 / static_cast<std::uint64_t>(scale < 1000 ? 1000 : scale);
}

}  // namespace lab08
