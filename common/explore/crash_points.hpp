#pragma once

#include <cstddef>
#include <cstdint>

/// Crash points: the moments at which a process that shares memory may die so that others see a difference. They are
/// before each write into memory that it shares, in the middle of one of more than a word, before each call that others
/// may notice (a lock, an unlock, msync, ftruncate, shmctl, ...), and at its end.
///
/// This header is read by instrumented code and by the plain runtime, so it holds no inline function; see observer.hpp.
namespace explore {

/// When a process is to die. Crash points are numbered from 1.
struct Death {
  std::uint32_t point;  ///< 0: it lives
  std::uint32_t words;  ///< how many words of 8 bytes of the write at that point are made; 0: it dies before it
};

/// Words of the longest write that can be torn.
inline constexpr std::uint32_t kMostTornWords = 8192;

/// One thing that a process did to what it shares.
struct CrashStep {
  enum class Kind : std::uint8_t { kRead, kWrite, kCall, kDeath };
  static constexpr int kMostCalls = 16;

  Kind kind;
  std::uint8_t process;  ///< as it was given to watch_crash_points()
  std::uint8_t call_count;
  std::uint32_t size;      ///< in bytes
  std::uint32_t words;     ///< of a death in the middle of a write: how many were made
  std::uintptr_t address;  ///< of what is read or written
  std::uint64_t value;     ///< that was there afterwards, if it is no longer than a word
  const char* call;        ///< a string literal
  char told[120];          ///< the call with its arguments and what it came to, if that is known
  const void* calls[kMostCalls];
};

/// What is known of processes that may be dead by now. It lies in memory that they share with who looks at it.
struct CrashLog {
  static constexpr std::uint32_t kMostPoints = 16384;
  static constexpr std::uint32_t kMostSteps = 4096;

  std::uint32_t points;              ///< that the last process has passed
  std::uint32_t words[kMostPoints];  ///< that were written at each; 0: none, it was a call
  bool tells;                        ///< whether steps are to be written down
  std::uint32_t steps;
  CrashStep step[kMostSteps];
  int segment[32];         ///< ids of SysV segments, in the order in which one hears of them
  std::uint32_t segments;  ///< how many
  bool has_ended;          ///< the process came to where it should end, not to an exit of its own
  char what[512];          ///< require() was not content with
};

/// From now on the calling thread passes crash points. The process has one such thread. @param process  its number
void watch_crash_points(CrashLog& log, Death death, std::uint8_t process);

/// The last one: what it shares is as it leaves it. May not return.
void pass_last_crash_point();

/// Only what is mapped from now on counts as shared: MAP_SHARED, by mmap or mremap, and what shmat attaches.
void forget_shared_memory();

namespace detail {

/// Before a call of the C library. @param name  a string literal
void crash_point_at_call(const char* name, const void* where);
/// Before one that others can't notice: only the story tells it.
void crash_look_at_call(const char* name, const void* where);
/// Whether a story is written down. Then: what the last call came to, and a segment's number in the story, from 1 (0:
/// there are too many).
[[nodiscard]] bool crash_story_is_told();
void crash_tell_call(const char* call);
[[nodiscard]] int crash_number_of_segment(int id);
/// The survivor has found what must not be.
[[noreturn]] void end_survivor(const char* sentence);

}  // namespace detail
}  // namespace explore
