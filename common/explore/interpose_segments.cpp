// Calls of the C library on SysV segments, as interpose_system.cpp has those on objects and files.
// @see shmget(2), shmat(2), shmctl(2)

#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include <cerrno>

#include "explore/engine.hpp"
#include "explore/pass_on.hpp"
#include "explore/segments.hpp"
#include "explore/shared_ranges.hpp"
#include "explore/unwatched.hpp"

using explore::detail::CallLine;
using explore::detail::crash_look_at_call;
using explore::detail::crash_point_at_call;
using explore::detail::engine;
using explore::detail::no_longer_shared;
using explore::detail::Unwatched;
namespace bare = explore::detail::bare;

namespace {

// What is attached outside of scenarios, so that the story of a crash can say it.
struct Attachment {
  const void* address;
  int id;
};
constexpr std::size_t kMost = 32;
Attachment attached[kMost];

void note_attachment(const void* address, int id) {
  for (Attachment& one : attached) {
    if (one.address == nullptr || one.address == address) {
      one = {address, id};
      return;
    }
  }
}

void forget_attachment(const void* address) {
  for (Attachment& one : attached) {
    if (one.address == address) one.address = nullptr;
  }
}

int id_attached_at(const void* address) {
  if (engine != nullptr) return engine->system().segment_at(address);
  for (const Attachment& one : attached) {
    if (address != nullptr && one.address == address) return one.id;
  }
  return -1;
}

bool is_story_told() {
  return engine != nullptr ? IN_SCENARIO && engine->tells() : explore::detail::crash_story_is_told();
}

// In the story, ids would be different ones each time.
int segment_number(int id) {
  if (id < 0) return 0;
  return engine != nullptr ? engine->system().number_of_segment(id) : explore::detail::crash_number_of_segment(id);
}

// What the call that was just made came to. @param line_for  makes its line of a segment's number and an error
template <typename LineFor>
void tell(int id, bool has_succeeded, LineFor line_for) {
  if (!is_story_told()) return;
  const int error = errno;
  {
    const Unwatched unwatched;
    const CallLine line = line_for(segment_number(id), has_succeeded ? 0 : error);
    if (engine != nullptr) {
      engine->tell_call(line.text);
    } else {
      explore::detail::crash_tell_call(line.text);
    }
  }
  errno = error;
}

// To get what is there changes nothing for others.
void get_in_scenario(bool may_make_it, const void* where) {
  if (may_make_it) {
    engine->system_call("shmget", where);
  } else {
    engine->look_at_system("shmget", where);
  }
}

// Whether the call would find a segment instead of making one.
bool is_there(key_t key) { return key != IPC_PRIVATE && (bare::shmget(key, 0, 0) != -1 || errno != ENOENT); }

}  // namespace

extern "C" {

int shmget(key_t key, size_t size, int flags) noexcept {
  const bool may_make_it = key == IPC_PRIVATE || (flags & IPC_CREAT) != 0;
  if (IN_SCENARIO) get_in_scenario(may_make_it, WHERE);
  crash_point_at_call("shmget", WHERE);
  const bool makes_it = engine != nullptr && may_make_it && !is_there(key);
  const int id = bare::shmget(key, size, flags);
  if (id != -1 && makes_it) {
    const Unwatched unwatched;
    engine->system().made_segment(id);
  }
  tell(id, id != -1,
       [&](int number, int error) { return explore::detail::tell_shmget(key, size, flags, number, error); });
  return id;
}

void* shmat(int id, const void* at, int flags) noexcept {
  if (IN_SCENARIO) engine->system_call("shmat", WHERE);
  crash_point_at_call("shmat", WHERE);
  void* address = MAP_FAILED;
  if (engine != nullptr) {
    const Unwatched unwatched;
    address = engine->system().attach(id, at, flags);
  } else {
    address = bare::shmat(id, at, flags);
    if (address != MAP_FAILED) {
      const auto begin = reinterpret_cast<std::uintptr_t>(address);
      explore::detail::now_shared({begin, begin + explore::detail::size_of_segment(id), 0, 0});
      note_attachment(address, id);
    }
  }
  tell(id, address != MAP_FAILED,
       [&](int number, int error) { return explore::detail::tell_shmat(number, flags, error); });
  return address;
}

int shmdt(const void* address) noexcept {
  if (IN_SCENARIO) engine->system_call("shmdt", WHERE);
  crash_point_at_call("shmdt", WHERE);
  const int id = id_attached_at(address);
  int result = 0;
  if (engine != nullptr) {
    const Unwatched unwatched;
    if (!engine->system().detach(address)) result = bare::shmdt(address);
  } else {
    result = bare::shmdt(address);
    const auto begin = reinterpret_cast<std::uintptr_t>(address);
    const auto* const range = explore::detail::range_at(begin);
    if (result == 0 && range != nullptr) no_longer_shared(begin, range->end - begin);
    if (result == 0) forget_attachment(address);
  }
  tell(id, result == 0, [&](int number, int error) { return explore::detail::tell_shmdt(number, error); });
  return result;
}

int shmctl(int id, int command, shmid_ds* status) noexcept {
  const bool only_looks = command != IPC_RMID && command != IPC_SET && command != SHM_LOCK && command != SHM_UNLOCK;
  if (only_looks) {
    if (IN_SCENARIO) engine->look_at_system("shmctl", WHERE);
    crash_look_at_call("shmctl", WHERE);
  } else {
    if (IN_SCENARIO) engine->system_call("shmctl", WHERE);
    crash_point_at_call("shmctl", WHERE);
  }
  const int result = bare::shmctl(id, command, status);
  if (result == 0 && command == IPC_STAT && engine != nullptr) {
    // To the system, the threads have it attached once.
    if (const int users = engine->system().users_of_segment(id); users > 1) {
      status->shm_nattch += static_cast<unsigned>(users) - 1;
    }
  }
  tell(id, result != -1,
       [&](int number, int error) { return explore::detail::tell_shmctl(number, command, status, error); });
  return result;
}

}  // extern "C"
