#pragma once

#include <atomic>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "explore/scenario.hpp"

/// Small programs of loads, stores, exchanges and fences, as the literature on memory models writes them.
namespace programs {

struct Operation {
  enum class Kind { kLoad, kStore, kExchange, kCompareExchange, kFence };
  Kind kind;
  int variable;
  int value;
  std::memory_order order;
};

using Program = std::vector<std::vector<Operation>>;

/// Reads "Wx1 Ry | Wy1 Rx": a thread between bars; W stores a value, R loads, F is a fence; x, y and z are variables.
/// Loads, stores and fences have these orders.
[[nodiscard]] Program parse(std::string_view text, std::memory_order load, std::memory_order store,
                            std::memory_order fence);

/// What a set of executions came to.
struct Outcomes {
  std::set<std::string>
      seen;  ///< "1 0 | 1; x=1 y=1": what each thread's loads returned, what the variables were at the end
  std::uint64_t executions = 0;
  bool complete = false;
  std::string fault;
};
[[nodiscard]] Outcomes outcomes_of(const Program& program, explore::Strategy strategy);

/// As it is written, for a message.
[[nodiscard]] std::string written(const Program& program);

}  // namespace programs
