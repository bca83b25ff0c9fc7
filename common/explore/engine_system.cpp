// Calls of the system: to the explorer, all that they do is done to one thing, the kernel. It has locks of its own: who
// finds a name, or a size, also finds what was written before it was made.

#include "explore/engine.hpp"

namespace explore::detail {
namespace {

constexpr std::uintptr_t kKernel = 2;  // no object lies there; fences have 1, see footprints.cpp

}  // namespace

void Engine::start_kernel() {
  kernel_view_ = {};
  kernel_.address = kKernel;
  kernel_.last_position = 0;
}

void Engine::system_call(const char* name, const void* where) {
  machine = nullptr;
  perform({What::kTry, 0, 0, kKernel, where}, {});
  memory_.learn(current_, kernel_view_);
  memory_.teach(current_, kernel_view_);
  ++kernel_.last_position;
  if (recording_) note(kKernel, where, std::string{"calls "} + name);
  machine = this;
}

// Two looks change nothing for each other, and a thread that only looks gets nowhere. A look has no size, a load has.
void Engine::look_at_system(const char* name, const void* where) {
  machine = nullptr;
  announce({What::kLoad, __ATOMIC_RELAXED, 0, kKernel, where});
  search_.clear_floor(current_);
  search_.woken_by(current_, pending_[current_], pending_, 0);
  footprints_.step(search_, current_, pending_[current_], search_.last_thread_node(), Effect::kReadNewest);
  memory_.learn(current_, kernel_view_);
  look(kernel_, kernel_.last_position, where);
  if (recording_) note(kKernel, where, std::string{"calls "} + name);
  machine = this;
}

void Engine::tell_call(const char* call) {
  if (recording_ && !story_.empty()) story_.back().text = std::string{"calls "} + call;
}

}  // namespace explore::detail
