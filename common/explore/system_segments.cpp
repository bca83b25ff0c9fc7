// SysV segments that the threads of a scenario have attached, and those that they have made.
// @see shmget(2), shmat(2), shmctl(2)

#include <sys/mman.h>
#include <sys/shm.h>

#include <algorithm>

#include "explore/engine.hpp"
#include "explore/segments.hpp"
#include "explore/system.hpp"

namespace explore::detail {

int System::number_of_segment(int id) {
  const auto known = std::find(segments_.begin(), segments_.end(), id);
  if (known == segments_.end()) {
    segments_.push_back(id);
    return static_cast<int>(segments_.size());
  }
  return static_cast<int>(known - segments_.begin()) + 1;
}

// Of an execution that is abandoned nobody else would. The system gives an id to another segment only after many.
void System::remove_segments() {
  for (const int id : made_) bare::shmctl(id, IPC_RMID, nullptr);
  made_.clear();
  segments_.clear();
}

System::Window* System::window_of(int segment) {
  for (Window& window : windows_) {
    if (window.segment == segment) return &window;
  }
  return nullptr;
}

void* System::attach(int id, const void* at, int flags) {
  // Whether it may be attached at all, the kernel says.
  shmid_ds status{};
  if (bare::shmctl(id, IPC_STAT, &status) != 0) return MAP_FAILED;
  if (at != nullptr) {
    void* const there = bare::shmat(id, at, flags);
    if (there == MAP_FAILED) return MAP_FAILED;
    bare::shmdt(there);
    engine->fail(Fault::kUnsupported, "a segment is attached at an address of one's own choice");
  }
  if (status.shm_segsz > kMostBytes) {
    engine->fail(Fault::kUnsupported, "a segment is attached that is larger than the explorer follows (64 KiB)");
  }
  Window* window = window_of(id);
  if (window == nullptr) window = new_window(0, 0, id);
  // To the system there is one attachment, which allows what any of them does; a new one takes its place.
  const int wanted = (flags & SHM_RDONLY) != 0 ? PROT_READ : PROT_READ | PROT_WRITE;
  const int protection = window->users > 0 ? wanted | window->protection : wanted;
  const int how = SHM_REMAP | ((protection & PROT_WRITE) != 0 ? 0 : SHM_RDONLY);
  if (bare::shmat(id, reinterpret_cast<void*>(window->begin), how) == MAP_FAILED) return MAP_FAILED;
  window->protection = protection;
  window->mapped = status.shm_segsz;
  region_.resize(window->begin, status.shm_segsz);
  ++window->users;
  return reinterpret_cast<void*>(window->begin);
}

int System::segment_at(const void* address) {
  const Window* const window = at(address);
  const bool begins_there = window != nullptr && window->begin == reinterpret_cast<std::uintptr_t>(address);
  return begins_there ? window->segment : -1;
}

bool System::detach(const void* address) { return segment_at(address) >= 0 && unmap(address); }

int System::users_of_segment(int id) const {
  for (const Window& window : windows_) {
    if (window.segment == id) return window.users;
  }
  return 0;
}

}  // namespace explore::detail
