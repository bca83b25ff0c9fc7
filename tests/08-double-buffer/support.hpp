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
[[nodiscard]] inline judge::Outcome<judge::Unit> make_buffer(const BufferMemory& memory, Kind kind, std::size_t size) {
  return judge::subject([&memory, kind, size] {
    const auto mapping = memory.map();
    static_cast<void>(lab::create(mapping.bytes(), kind, size));
  });
}

}  // namespace lab08
