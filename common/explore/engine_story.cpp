// What is written down of an execution, for the story.

#include <algorithm>

#include "explore/engine.hpp"

namespace explore::detail {

// ----------------------------------------------------------------------------------------------------------------

std::string Engine::name_of(int thread) const { return thread == 0 ? "the setup" : threads_[thread].name; }

void Engine::note(std::uintptr_t address, const void* where, std::string text, Step::Kind kind, std::size_t size) {
  if (!recording_) return;
  Step step;
  step.kind = kind;
  step.thread = static_cast<std::uint8_t>(current_);
  step.moment = steps_;
  step.text = std::move(text);
  step.address = address;
  step.size = size;
  step.calls.push_back(where);
  const Thread& me = threads_[current_];
  for (int i = std::min<int>(me.depth, std::size(me.calls)); i-- > 0;) step.calls.push_back(me.calls[i]);
  story_.push_back(std::move(step));
}

void Engine::note_atomic(Step::Kind kind, std::uintptr_t address, std::size_t size, int order, const void* where,
                         std::string text) {
  note(address, where, std::move(text), kind, size);
  story_.back().order = static_cast<std::uint8_t>(order);
}

void Engine::note_read(const Location& location, const Store& read, int order, const void* where, const char* how) {
  const bool is_stale = &read != location.newest;
  std::string text = how + std::to_string(read.value);
  if (is_stale) text += ", stale: the newest is " + std::to_string(location.newest->value);
  note_atomic(Step::Kind::kLoad, location.address, location.size, order, where, std::move(text));
  story_.back().is_stale = is_stale;
  story_.back().source = read.step;
}

void Engine::blame(const PlainAccess& access) {
  for (Step& step : story_) {
    if (step.moment == access.step && step.thread == access.thread && step.calls.front() == access.where) {
      step.is_fault = true;
    }
  }
}

// The thread's last atomic access there.
void Engine::blame_last(int thread, std::uintptr_t address) {
  const auto last = std::find_if(story_.rbegin(), story_.rend(), [=](const Step& step) {
    return step.thread == thread && step.address == address &&
           (step.kind == Step::Kind::kLoad || step.kind == Step::Kind::kStore || step.kind == Step::Kind::kUpdate);
  });
  if (last != story_.rend()) last->is_fault = true;
}

}  // namespace explore::detail
