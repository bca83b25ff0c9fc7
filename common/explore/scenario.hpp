#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

/// The explorer: every interleaving of a few threads, and every value that their loads may see.
///
/// Code that is compiled with -fsanitize=thread and linked with common/explore runs unmodified: the explorer answers
/// its accesses to memory, its locks and its waits. See docs/explorer.md.
namespace explore {

/// A fresh state, two to four threads and what must hold at the end. The function that describes it is run anew for
/// each execution.
class Scenario {
 public:
  /// An object in the scenario's memory: threads may share it, and each access to it is looked at.
  template <typename T, typename... Arguments>
  T& make(Arguments&&... arguments) {
    T* const object = new (allocate(sizeof(T), alignof(T))) T(std::forward<Arguments>(arguments)...);
    if constexpr (!std::is_trivially_destructible_v<T>) {
      destroy_at_the_end(object, [](void* at) { static_cast<T*>(at)->~T(); });
    }
    return *object;
  }

  /// So many bytes of the scenario's memory, zeroed. @throws std::bad_alloc
  static void* allocate(std::size_t size, std::size_t alignment);

  /// An object for the test's own notes: nobody looks at accesses to it. Threads may write to it, one at a time.
  template <typename T, typename... Arguments>
  T& keep(Arguments&&... arguments) {
    T* const object = new T(std::forward<Arguments>(arguments)...);
    destroy_at_the_end(object, [](void* at) { delete static_cast<T*>(at); });
    return *object;
  }

  /// A thread of the scenario, at most four. @param name  for the story, a string literal: "producer"
  static void thread(const char* name, std::function<void()> body);

  /// Looks at the result when all threads have ended, by require().
  static void finally(std::function<void()> check);

  /// Looks, by require(), at what must hold all the time: whenever a thread has come to its next atomic access, lock or
  /// wait, or to its end. It sees everything as it is in memory, which is the newest there is, and nobody looks at its
  /// own accesses; it may lock nothing and wait for nothing. With it the search is longer, since any two steps may
  /// matter to it in their order: see docs/explorer.md.
  static void always(std::function<void()> check);

 private:
  static void destroy_at_the_end(void* object, void (*destroy)(void*));
};

/// In a thread of a scenario or at its end, or in the survivor of a crash: fails the execution unless it is so. @param
/// sentence  a string literal
void require(bool it_is_so, const char* sentence);

/// In a thread of a scenario: it dies here, as by SIGKILL. Nothing of it is destroyed; its robust mutexes have an owner
/// that died.
[[noreturn]] void die();

/// What went wrong in an execution.
enum class Fault : std::uint8_t {
  kNone,
  kRace,         ///< two plain accesses, or a plain one and an atomic one, with nothing to order them
  kBroken,       ///< require() was not content
  kThrew,        ///< an exception left a thread
  kDeadlock,     ///< nobody can go on
  kLivelock,     ///< somebody goes on for ever and gets nowhere
  kMisuse,       ///< a lock that is not held is unlocked, and so on
  kOutside,      ///< an access beyond the objects of the scenario
  kUnsupported,  ///< something that the explorer does not know
  kNotStarted,   ///< a step that is not implemented
};

/// One step of the execution that failed.
struct Step {
  enum class Kind : std::uint8_t { kRead, kWrite, kLoad, kStore, kUpdate, kFence, kOther };
  Kind kind = Kind::kOther;
  std::uint8_t thread = 0;   ///< 0: setup and end
  std::uint8_t order = 0;    ///< of what is atomic, as __ATOMIC_...
  bool is_stale = false;     ///< it read a value that is not the newest
  bool is_fault = false;     ///< what went wrong is this step, or one of its sides
  std::uint32_t moment = 0;  ///< of the execution
  std::uint32_t source = 0;  ///< the moment in which what it read was stored; 0: before the threads began
  std::uintptr_t address = 0;
  std::size_t size = 0;
  std::string text;                ///< "reads 2, stale: the newest is 3"
  std::vector<const void*> calls;  ///< where, innermost first; each is the address that a call returns to
};

/// What came of exploring a scenario.
struct Result {
  Fault fault = Fault::kNone;
  std::string what;                  ///< in one sentence, when something failed
  std::string because;               ///< why the language allows it
  std::string schedule;              ///< repeats the execution that failed
  std::uint64_t executions = 0;      ///< that were run to their end
  bool complete = false;             ///< no other execution would show anything new
  std::vector<std::string> threads;  ///< their names, by number from 1
  std::vector<Step> steps;           ///< of the execution that failed
};

/// Which executions are tried, in which order.
enum class Strategy : std::uint8_t {
  kSimplestFirst,  ///< few deviations first, then all that differ in something that matters, then at random
  kReduced,        ///< only those that differ in something that matters; with Scenario::always() they all do
  kExhaustive,     ///< each and every one: to check the others by
  kRandom,
};

/// How far to go.
struct Effort {
  std::uint64_t executions = 200'000;  ///< at most
  std::uint64_t seed = 1;              ///< for what is tried at random past that
  std::string schedule = {};           ///< not empty: only this execution
  Strategy strategy = Strategy::kSimplestFirst;
  /// How often a thread that finds the same again and again looks all the same, when that is tried: more often than it
  /// spins before it does something else. libstdc++ looks 16 times before it goes to sleep.
  int insistence = 24;
};

/// Explores a scenario. To be called in a subject. Not thread-safe.
[[nodiscard]] Result explore(const std::function<void(Scenario&)>& scenario, const Effort& effort = {});

}  // namespace explore
