#include "shared_queue.hpp"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <new>
#include <string>

#include "shm/error.hpp"
#include "shm/not_implemented.hpp"

#pragma GCC diagnostic ignored "-Wunused-parameter"  // a step that is not written yet uses none of its own

namespace lab {
namespace {

/// What one waits for.
enum class Wish : std::uint8_t { kNothing, kItem, kRoom };

/// Where one process waits, alone. Nobody else ever waits at its condition variable, so that a waiter who is killed
/// there breaks nobody's but its own.
struct Seat {
  pthread_mutex_t taken;  // robust: held by who sits here, so that the system tells when it has died
  pthread_cond_t called;
  Wish wish;
};

constexpr std::size_t kSeats = 16;

/// What lies in the memory, before the items. All of it but the identity is under the mutex.
struct alignas(shm::kCacheLine) State {
  Identity identity;
  pthread_mutex_t mutex;
  std::atomic<std::uint64_t> pushed;  // items so far: this one store pushes an item
  std::atomic<std::uint64_t> popped;  // this one takes it
  bool closed;
  std::array<Seat, kSeats> seats;
};

[[maybe_unused]] State& state_of(const Queue& queue) { return *reinterpret_cast<State*>(queue.memory.data()); }

/// Throws for a call that returns its error.
[[maybe_unused]] void require_success(int error, std::string_view call) {
  if (error != 0) shm::throw_error(error, call);
}

[[noreturn, maybe_unused]] void refuse(std::string_view call, const std::string& value) {
  shm::throw_error(EINVAL, call, value);
}

// ---- Step 1: a queue in given memory -------------------------------------------------------------------------------

/// Makes a mutex that processes share, and that tells who locks it that its owner has died.
[[maybe_unused]] void make_mutex(pthread_mutex_t& mutex) {
  // TODO (step 1): a robust mutex that processes share. What was taken for its attributes is given back, also when it
  // fails; then it throws. pthread_mutexattr_setrobust(3), pthread_mutexattr_setpshared(3).
  throw shm::NotImplemented{"step 1: make a mutex"};
}

/// Makes a condition variable that processes share, and that is waited at by the clock of shm::Deadline.
[[maybe_unused]] void make_condition(pthread_cond_t& condition) {
  // TODO (step 1): a condition variable that processes share, and that is waited at by CLOCK_MONOTONIC; otherwise as
  // above. pthread_condattr_setclock(3p), handout, "The clock".
  throw shm::NotImplemented{"step 1: make a condition variable"};
}

/// Throws for memory that no queue can lie in, by its place alone.
[[maybe_unused]] void require_place(std::string_view call, std::span<std::byte> memory) {
  if (memory.data() == nullptr) refuse(call, "null memory");
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  if (address % shm::kCacheLine != 0) refuse(call, "memory not aligned to " + std::to_string(shm::kCacheLine));
}

// ---- Step 4: a seat for each who waits (and step 6: who was killed there) ------------------------------------------

/// Takes the seat if it is free, or was left by one who died there.
[[maybe_unused]] bool sit_down(Seat& seat) {
  const int error = ::pthread_mutex_trylock(&seat.taken);
  if (error == EBUSY) return false;
  if (error == EOWNERDEAD) {
    // TODO (step 6): one who sat here was killed. The seat is as new, and yours: its condition variable too, at which
    // nobody else has ever waited. Handout, "Killed waiters".
    throw shm::NotImplemented{"step 6: the seat of one who was killed"};
  } else {
    require_success(error, "pthread_mutex_trylock");
  }
  return true;
}

[[maybe_unused]] void stand_up(Seat& seat) {
  seat.wish = Wish::kNothing;
  ::pthread_mutex_unlock(&seat.taken);
}

// ---- Step 4: to wake -----------------------------------------------------------------------------------------------

/// Wakes all who have this wish. They look for themselves whether it has come true.
[[maybe_unused]] void wake(State& state, Wish wish) {
  // TODO (step 4): all who have this wish are woken. Who wishes, sits in a seat. (From step 6 on: unless it has died
  // there.) Handout, "To wake".
  throw shm::NotImplemented{"step 4: wake who waits"};
}

// ---- Step 3: the owner of the lock dies ----------------------------------------------------------------------------

/// To be called with what a lock of the mutex, or a wait, has returned.
[[maybe_unused]] void settle(State& state, int error, std::string_view call) {
  if (error == EOWNERDEAD) {
    // TODO (step 3): the lock is ours, its owner died. What it was doing is done or undone, whoever must hear of it
    // is woken (from step 4 on), and the mutex can be unlocked and locked again. Handout, "When the owner dies".
    throw shm::NotImplemented{"step 3: the owner of the lock has died"};
  }
  require_success(error, call);
}

/// Holds the lock of a queue.
class Guard {
 public:
  explicit Guard(State& state) : state_{state} {
    settle(state, ::pthread_mutex_lock(&state.mutex), "pthread_mutex_lock");
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() { ::pthread_mutex_unlock(&state_.mutex); }

 private:
  State& state_;
};

// ---- Step 4: to sleep ----------------------------------------------------------------------------------------------

/// Gives the lock away, sleeps until it is woken (or for no reason, or until the deadline, or for kPatience) and takes
/// the lock again.
[[maybe_unused]] void sleep_a_while(State& state, Wish wish, shm::Deadline deadline) {
  // TODO (step 4): the lock is given back, slept until somebody wakes us or the deadline has come (or for no reason),
  // and the lock is ours again, whatever has happened to its owner: settle() with what the wait returned, but with 0
  // for ETIMEDOUT. When no seat is free, a nap of a millisecond will do, without the lock. pthread_cond_timedwait(3p).
  // (Step 6: never longer than kPatience. Handout, "Whoever was to wake you".)
  throw shm::NotImplemented{"step 4: sleep until woken"};
}

// ---- Step 2: items -------------------------------------------------------------------------------------------------

[[maybe_unused]] std::uint64_t items_in(const State& state) { return state.pushed.load() - state.popped.load(); }

/// Where the item lies that is, was or will be the one of this number.
[[maybe_unused]] std::byte* slot(State& state, std::uint64_t number) {
  // TODO (step 2): where the item lies that is the number-th ever pushed. The items begin behind the State.
  throw shm::NotImplemented{"step 2: find a slot"};
}

/// Whether the wish can be fulfilled now.
[[maybe_unused]] Result look(const State& state, Wish wish) {
  // TODO (step 2): kDone when the wish can be fulfilled at once; kClosed when it never can be; else kNotYet. A closed
  // queue still gives out what is in it. Handout, "Closed".
  throw shm::NotImplemented{"step 2: look what is possible"};
}

[[maybe_unused]] void put(State& state, std::span<const std::byte> item) {
  // TODO (step 2): the item is in the queue, by one last store, so that who dies before it has pushed nothing. (Step
  // 4: who waits for an item hears of it.) Handout, "When the owner dies".
  throw shm::NotImplemented{"step 2: put an item in"};
}

[[maybe_unused]] void take(State& state, std::span<std::byte> item) {
  // TODO (step 2): the oldest item is copied out and gone, by one last store. (Step 4: who waits for room hears of
  // it.)
  throw shm::NotImplemented{"step 2: take an item out"};
}

[[maybe_unused]] void require_size(std::string_view call, const State& state, std::size_t size) {
  // TODO (step 2): EINVAL, with both sizes, when an item has another size than the queue's.
  throw shm::NotImplemented{"step 2: check the size of an item"};
}

// ---- Step 4: to wait -----------------------------------------------------------------------------------------------

/// Waits until the wish can be fulfilled, until nothing is to be hoped for any more, or until the deadline.
[[maybe_unused]] Result await(State& state, Wish wish, shm::Deadline deadline) {
  // TODO (step 4): what look() says: at once when it is not kNotYet, or when the deadline has passed; else after
  // sleeping. What is there at the end of the last sleep still counts.
  throw shm::NotImplemented{"step 4: wait until the deadline"};
}

}  // namespace

// ---- Step 1 --------------------------------------------------------------------------------------------------------

std::size_t bytes_for(std::size_t capacity, std::size_t item_size) {
  // TODO (step 1): what the header promises. Look whether it fits before you multiply.
  throw shm::NotImplemented{"step 1: size of a queue"};
}

Queue create(std::span<std::byte> memory, std::size_t capacity, std::size_t item_size) {
  // TODO (step 1): what the header promises. What lay here before may look like a queue: the magic number goes first,
  // and comes last. Handout, "Half-made".
  throw shm::NotImplemented{"step 1: create a queue"};
}

Queue attach(std::span<std::byte> memory, std::size_t item_size) {
  // TODO (step 1): what the header promises. Nothing is believed that another process wrote, before it has been
  // checked.
  throw shm::NotImplemented{"step 1: attach to a queue"};
}

// ---- Step 2 --------------------------------------------------------------------------------------------------------

Result try_push(const Queue& queue, std::span<const std::byte> item) {
  State& state = state_of(queue);
  require_size("try_push", state, item.size());
  const Guard guard{state};
  const Result result = look(state, Wish::kRoom);
  if (result == Result::kDone) put(state, item);
  return result;
}

Result try_pop(const Queue& queue, std::span<std::byte> item) {
  State& state = state_of(queue);
  require_size("try_pop", state, item.size());
  const Guard guard{state};
  const Result result = look(state, Wish::kItem);
  if (result == Result::kDone) take(state, item);
  return result;
}

std::size_t size(const Queue& queue) {
  State& state = state_of(queue);
  const Guard guard{state};
  return items_in(state);
}

// ---- Step 4 --------------------------------------------------------------------------------------------------------

Result push(const Queue& queue, std::span<const std::byte> item, shm::Deadline deadline) {
  State& state = state_of(queue);
  require_size("push", state, item.size());
  const Guard guard{state};
  const Result result = await(state, Wish::kRoom, deadline);
  if (result == Result::kDone) put(state, item);
  return result;
}

Result pop(const Queue& queue, std::span<std::byte> item, shm::Deadline deadline) {
  State& state = state_of(queue);
  require_size("pop", state, item.size());
  const Guard guard{state};
  const Result result = await(state, Wish::kItem, deadline);
  if (result == Result::kDone) take(state, item);
  return result;
}

// ---- Step 5 --------------------------------------------------------------------------------------------------------

void close(const Queue& queue) {
  // TODO (step 5): nothing can be pushed any more, and all who wait, for whatever, know it.
  throw shm::NotImplemented{"step 5: close"};
}

}  // namespace lab
