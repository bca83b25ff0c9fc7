#pragma once

#include "explore/machine.hpp"

/// For the explorer alone.
namespace explore::detail {

/// While this lives, the explorer works: the code that runs is its own, not a scenario's.
class Unwatched {
 public:
  Unwatched() : before_{machine} { machine = nullptr; }
  Unwatched(const Unwatched&) = delete;
  Unwatched& operator=(const Unwatched&) = delete;
  ~Unwatched() { machine = before_; }

 private:
  Machine* before_;
};

}  // namespace explore::detail
