#pragma once

#include <functional>

namespace bench {

/// Calls `reader` on one core and `writer` on another, over and over, for a short time, and says how often each came to
/// its end in a second. Throws std::runtime_error when the process may not use two cores.
struct Rates {
  double reads = 0;
  double writes = 0;
};
[[nodiscard]] Rates on_two_cores(const std::function<void()>& reader, const std::function<void()>& writer);

}  // namespace bench
