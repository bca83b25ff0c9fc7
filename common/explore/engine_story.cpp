// What is written down of an execution, for the story.

#include "explore/engine.hpp"

namespace explore::detail {

// ----------------------------------------------------------------------------------------------------------------

std::string Engine::name_of(int thread) const { return thread == 0 ? "the setup" : threads_[thread].name; }

void Engine::note(std::uintptr_t address, const void* where, std::string text) {
  if (!recording_) return;
  Step step;
  step.thread = static_cast<std::uint8_t>(current_);
  step.text = std::move(text);
  step.address = address;
  step.calls.push_back(where);
  const Thread& me = threads_[current_];
  for (int i = me.depth < 64 ? me.depth : 64; i-- > 0;) step.calls.push_back(me.calls[i]);
  story_.push_back(std::move(step));
}

void Engine::note_read(const Location& location, const Store& read, const void* where, const char* how) {
  std::string text = how + std::to_string(read.value);
  if (&read != location.newest) text += ", stale: the newest is " + std::to_string(location.newest->value);
  note(location.address, where, std::move(text));
}

}  // namespace explore::detail
