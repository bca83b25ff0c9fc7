#pragma once

#include <sys/mman.h>

#include "explore/scenario.hpp"
#include "testing/fresh_name.hpp"

namespace lab01 {

/// Each execution makes its calls of the system for real. More executions than these would only repeat loops that wait.
inline const explore::Effort kEnough{.executions = 20'000};

/// The name is free at the start of each execution, whatever the one before has left.
class FreeName {
 public:
  explicit FreeName(const judge::FreshName& name) : name_{name} { ::shm_unlink(name_.c_str()); }
  FreeName(const FreeName&) = delete;
  FreeName& operator=(const FreeName&) = delete;
  ~FreeName() { ::shm_unlink(name_.c_str()); }

 private:
  const judge::FreshName& name_;
};

}  // namespace lab01
