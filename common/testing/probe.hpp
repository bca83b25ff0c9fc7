#pragma once

#include <string_view>

namespace judge {

/// Whether tests/NN-topic/probes/<name>.cpp compiled against the implementation that this suite was built with.
/// The build tries each probe and notes the answer beside the suite. @throws std::runtime_error for an unknown probe
[[nodiscard]] bool probe_compiles(std::string_view name);

}  // namespace judge
