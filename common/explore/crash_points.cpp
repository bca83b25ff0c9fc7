#include "explore/crash_points.hpp"
#include "explore/access_kind.hpp"

#include <execinfo.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <string>

#include "explore/observer.hpp"
#include "explore/shared_ranges.hpp"
#include "explore/unobserved.hpp"

// Hooks run in the middle of any expression: nothing here allocates, locks or throws.

namespace explore {
namespace {

constexpr std::size_t kWord = 8;
constexpr std::size_t kLongestTorn = kMostTornWords * kWord;

/// The one thread of this process that is watched.
struct Watch : Observer {
  CrashLog* log = nullptr;
  Death death{};
  std::uint8_t process = 0;
  CrashStep* unfinished = nullptr;  // a write of which the value is not known yet
  bool is_update = false;           // that may leave the value as it is
  CrashStep* last_call = nullptr;   // of which it is not told yet what it came to
  const Access* torn = nullptr;     // the write in the middle of which it dies, once it is made
  Access torn_access{};
  unsigned char before[kLongestTorn];

  void on_access(const Access& access);
  void point(const char* call, const void* where, std::size_t words);
  void settle();
  CrashStep* note(CrashStep::Kind kind, const void* where);
  void note_access(const Access& access);
  void note_call(const char* call, const void* where);
  [[noreturn]] void die(const void* where);
};

Watch watch;

std::uint64_t value_at(std::uintptr_t address, std::size_t size) {
  std::uint64_t value = 0;
  if (size <= kWord) std::memcpy(&value, reinterpret_cast<const void*>(address), size);
  return value;
}

CrashStep* Watch::note(CrashStep::Kind kind, const void* where) {
  if (!log->tells || log->steps == CrashLog::kMostSteps) return nullptr;
  CrashStep& step = log->step[log->steps++];
  step = {};
  step.kind = kind;
  step.process = process;
  step.calls[0] = where;
  void* calls[CrashStep::kMostCalls + 8];
  const int count = ::backtrace(calls, CrashStep::kMostCalls + 8);
  step.call_count = 1;
  // The hook's own calls come first, then the one that it returns to.
  int first = 0;
  while (first < count && calls[first] != where) ++first;
  for (int i = first + 1; i < count && step.call_count < CrashStep::kMostCalls; ++i) {
    step.calls[step.call_count++] = calls[i];
  }
  return &step;
}

void Watch::note_access(const Access& access) {
  const bool writes = is_write(access.kind);
  CrashStep* const step = note(writes ? CrashStep::Kind::kWrite : CrashStep::Kind::kRead, access.where);
  if (step == nullptr) return;
  step->address = access.address;
  step->size = static_cast<std::uint32_t>(access.size);
  step->value = value_at(access.address, access.size);
  if (!writes) return;
  unfinished = step;
  is_update = access.kind == AccessKind::kUpdate;
}

void Watch::die(const void* where) {
  if (CrashStep* const step = note(CrashStep::Kind::kDeath, where)) step->words = death.words;
  for (;;) ::syscall(SYS_kill, ::getpid(), SIGKILL);
}

// What was written at the last point stands in memory now.
void Watch::settle() {
  if (torn != nullptr) {
    const std::size_t made = kWord * death.words;
    auto* const to = reinterpret_cast<unsigned char*>(torn->address);
    std::memcpy(to + made, before + made, torn->size - made);
    die(torn->where);
  }
  if (unfinished != nullptr) {
    const auto value = value_at(unfinished->address, unfinished->size);
    // A compare-exchange that failed, most likely, has written nothing.
    if (is_update && value == unfinished->value) unfinished->kind = CrashStep::Kind::kRead;
    unfinished->value = value;
  }
  unfinished = nullptr;
}

void Watch::point(const char* call, const void* where, std::size_t words) {
  const std::uint32_t number = ++log->points;
  if (number < CrashLog::kMostPoints) log->words[number] = static_cast<std::uint32_t>(words);
  if (number == death.point && death.words == 0) die(where);
  if (call != nullptr) note_call(call, where);
}

void Watch::note_call(const char* call, const void* where) {
  last_call = note(CrashStep::Kind::kCall, where);
  if (last_call != nullptr) last_call->call = call;
}

void Watch::on_access(const Access& access) {
  settle();
  if (!detail::is_shared(access.address)) return;
  if (is_write(access.kind)) {
    // An atomic access is made at once, whatever its size.
    const bool is_atomic = access.kind != AccessKind::kWrite;
    point(nullptr, access.where, is_atomic ? 1 : (access.size + kWord - 1) / kWord);
    if (log->points == death.point && access.kind == AccessKind::kWrite && access.size <= kLongestTorn) {
      torn_access = access;
      torn = &torn_access;
      std::memcpy(before, reinterpret_cast<const void*>(access.address), access.size);
    }
  }
  note_access(access);
}

bool is_watched(const detail::Unobserved& unobserved) { return unobserved.before() == &watch; }

}  // namespace

void watch_crash_points(CrashLog& log, Death death, std::uint8_t process) {
  observe(nullptr);
  log.points = 0;
  watch.log = &log;
  watch.death = death;
  watch.process = process;
  watch.unfinished = nullptr;
  watch.last_call = nullptr;
  watch.torn = nullptr;
  watch.saw = [](Observer*, const Access* access) {
    const detail::Unobserved unobserved;
    watch.on_access(*access);
  };
  observe(&watch);
}

void pass_last_crash_point() {
  const detail::Unobserved unobserved;
  if (!is_watched(unobserved)) return;
  watch.settle();
  watch.point(nullptr, nullptr, 0);
}

namespace detail {

void crash_point_at_call(const char* name, const void* where) {
  const detail::Unobserved unobserved;
  if (!is_watched(unobserved)) return;
  watch.settle();
  watch.point(name, where, 0);
}

void crash_look_at_call(const char* name, const void* where) {
  const detail::Unobserved unobserved;
  if (!is_watched(unobserved)) return;
  watch.settle();
  watch.note_call(name, where);
}

bool crash_story_is_told() {
  const detail::Unobserved unobserved;
  return is_watched(unobserved) && watch.log->tells;
}

void crash_tell_call(const char* call) {
  const detail::Unobserved unobserved;
  if (!is_watched(unobserved) || watch.last_call == nullptr) return;
  // It may be cut; what it is written into was zero.
  std::memcpy(watch.last_call->told, call, std::min(std::strlen(call), sizeof watch.last_call->told - 1));
  watch.last_call = nullptr;
}

int crash_number_of_segment(int id) {
  const detail::Unobserved unobserved;
  if (!is_watched(unobserved)) return 0;
  CrashLog& log = *watch.log;
  for (std::uint32_t i = 0; i < log.segments; ++i) {
    if (log.segment[i] == id) return static_cast<int>(i) + 1;
  }
  if (log.segments == std::size(log.segment)) return 0;
  log.segment[log.segments++] = id;
  return static_cast<int>(log.segments);
}

void end_survivor(const char* sentence) {
  constexpr int kNotContent = 3;
  // Not in a process that may die: nobody would ask for its exit status.
  if (watch.log == nullptr) throw std::logic_error{std::string{"it does not hold that "} + sentence};
  observe(nullptr);
  std::strncpy(watch.log->what, sentence, sizeof watch.log->what - 1);
  watch.log->has_ended = true;
  ::_exit(kNotContent);
}

}  // namespace detail
}  // namespace explore
