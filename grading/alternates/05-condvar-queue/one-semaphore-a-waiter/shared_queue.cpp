// Each waiter sleeps at a semaphore of its own, which has no lock and no list that a dead one could leave behind. One
// is woken for one item, who has waited longest; its name is off the list then. If it dies, patience helps the others.
#include "shared_queue.hpp"

#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <new>
#include <string>

#include "shm/error.hpp"

namespace lab {
namespace {

/// What one waits for.
enum class Wish : std::uint8_t { kNothing, kItem, kRoom };

/// Where one process waits, alone.
struct Seat {
  pthread_mutex_t taken;  // robust: held by who sits here, so that the system tells when it has died
  sem_t called;
  Wish wish;
  std::uint64_t since;  // a number for each who came
};

constexpr std::size_t kSeats = 16;

/// What lies in the memory, before the items. All of it but the identity is under the mutex.
struct alignas(shm::kCacheLine) State {
  Identity identity;
  pthread_mutex_t mutex;
  std::atomic<std::uint64_t> pushed;  // items so far: this one store pushes an item
  std::atomic<std::uint64_t> popped;  // this one takes it
  bool closed;
  std::uint64_t waits;
  std::array<Seat, kSeats> seats;
};

State& state_of(const Queue& queue) { return *reinterpret_cast<State*>(queue.memory.data()); }

/// Throws for a call that returns its error.
void require_success(int error, std::string_view call) {
  if (error != 0) shm::throw_error(error, call);
}

[[noreturn]] void refuse(std::string_view call, const std::string& value) { shm::throw_error(EINVAL, call, value); }

// ---- Step 1: a queue in given memory -------------------------------------------------------------------------------

/// Makes a mutex that processes share, and that tells who locks it that its owner has died.
void make_mutex(pthread_mutex_t& mutex) {
  pthread_mutexattr_t attributes;
  require_success(::pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
  ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  const int error = ::pthread_mutex_init(&mutex, &attributes);
  ::pthread_mutexattr_destroy(&attributes);
  require_success(error, "pthread_mutex_init");
}

/// Makes a semaphore that processes share, and that nobody has called at.
void make_semaphore(sem_t& semaphore) {
  if (::sem_init(&semaphore, 1, 0) != 0) shm::throw_error(errno, "sem_init");
}

/// Throws for memory that no queue can lie in, by its place alone.
void require_place(std::string_view call, std::span<std::byte> memory) {
  if (memory.data() == nullptr) refuse(call, "null memory");
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  if (address % shm::kCacheLine != 0) refuse(call, "memory not aligned to " + std::to_string(shm::kCacheLine));
}

// ---- Step 4: a seat for each who waits (and step 6: who was killed there) ------------------------------------------

/// Takes the seat if it is free, or was left by one who died there.
bool sit_down(Seat& seat) {
  const int error = ::pthread_mutex_trylock(&seat.taken);
  if (error == EBUSY) return false;
  if (error == EOWNERDEAD) {
    make_semaphore(seat.called);
    seat.wish = Wish::kNothing;
    require_success(::pthread_mutex_consistent(&seat.taken), "pthread_mutex_consistent");
  } else {
    require_success(error, "pthread_mutex_trylock");
  }
  return true;
}

void stand_up(Seat& seat) {
  seat.wish = Wish::kNothing;
  ::pthread_mutex_unlock(&seat.taken);
}

// ---- Step 4: to wake -----------------------------------------------------------------------------------------------

/// Calls the one who has had this wish for longest, and lives. @return false when there is none
bool call_one(State& state, Wish wish) {
  for (;;) {
    Seat* oldest = nullptr;
    for (Seat& seat : state.seats) {
      if (seat.wish == wish && (oldest == nullptr || seat.since < oldest->since)) oldest = &seat;
    }
    if (oldest == nullptr) return false;
    if (!sit_down(*oldest)) {
      oldest->wish = Wish::kNothing;  // the next call is for another
      ::sem_post(&oldest->called);
      return true;
    }
    stand_up(*oldest);  // it died here
  }
}

void call_all(State& state) {
  for (const Wish wish : {Wish::kItem, Wish::kRoom}) {
    while (call_one(state, wish)) {
    }
  }
}

// ---- Step 3: the owner of the lock dies ----------------------------------------------------------------------------

/// To be called with what a lock of the mutex, or a wait, has returned.
void settle(State& state, int error, std::string_view call) {
  if (error == EOWNERDEAD) {
    // One store pushes, and one takes: what the dead one was doing is done or is not. But it may have died between
    // that store and the wake-up.
    call_all(state);
    error = ::pthread_mutex_consistent(&state.mutex);
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
void sleep_a_while(State& state, Wish wish, shm::Deadline deadline) {
  // Not longer than kPatience: who was to wake us may be dead.
  const auto until = shm::Deadline::after(std::min<shm::Deadline::Clock::duration>(deadline.remaining(), kPatience));
  const timespec time = until.as_timespec();
  const auto seat = std::ranges::find_if(state.seats, [](Seat& one) { return sit_down(one); });
  if (seat == state.seats.end()) {  // a crowd: then by the clock
    ::pthread_mutex_unlock(&state.mutex);
    const timespec moment{.tv_sec = 0, .tv_nsec = 1'000'000};
    ::nanosleep(&moment, nullptr);
    settle(state, ::pthread_mutex_lock(&state.mutex), "pthread_mutex_lock");
    return;
  }
  while (::sem_trywait(&seat->called) == 0) {
  }  // a call that came too late for the one before
  seat->wish = wish;
  seat->since = ++state.waits;
  ::pthread_mutex_unlock(&state.mutex);
  while (::sem_clockwait(&seat->called, CLOCK_MONOTONIC, &time) != 0 && errno == EINTR) {
  }
  const int error = ::pthread_mutex_lock(&state.mutex);
  stand_up(*seat);
  settle(state, error, "pthread_mutex_lock");
}

// ---- Step 2: items -------------------------------------------------------------------------------------------------

std::uint64_t items_in(const State& state) { return state.pushed.load() - state.popped.load(); }

/// Where the item lies that is, was or will be the one of this number.
std::byte* slot(State& state, std::uint64_t number) {
  const Identity& identity = state.identity;
  return reinterpret_cast<std::byte*>(&state + 1) + number % identity.capacity * identity.item_size;
}

/// Whether the wish can be fulfilled now.
Result look(const State& state, Wish wish) {
  const std::uint64_t items = items_in(state);
  if (wish == Wish::kItem && items > 0) return Result::kDone;  // also when it is closed: what is in it is delivered
  if (state.closed) return Result::kClosed;
  return wish == Wish::kRoom && items < state.identity.capacity ? Result::kDone : Result::kNotYet;
}

void put(State& state, std::span<const std::byte> item) {
  const std::uint64_t number = state.pushed.load();
  std::memcpy(slot(state, number), item.data(), item.size());
  state.pushed.store(number + 1);  // last: now it is whole
  call_one(state, Wish::kItem);
}

void take(State& state, std::span<std::byte> item) {
  const std::uint64_t number = state.popped.load();
  std::memcpy(item.data(), slot(state, number), item.size());
  state.popped.store(number + 1);
  call_one(state, Wish::kRoom);
}

void require_size(std::string_view call, const State& state, std::size_t size) {
  const std::uint64_t expected = state.identity.item_size;
  if (size == expected) return;
  refuse(call, "an item of " + std::to_string(size) + " bytes, not " + std::to_string(expected));
}

// ---- Step 4: to wait -----------------------------------------------------------------------------------------------

/// Waits until the wish can be fulfilled, until nothing is to be hoped for any more, or until the deadline.
Result await(State& state, Wish wish, shm::Deadline deadline) {
  for (;;) {
    const Result result = look(state, wish);
    if (result != Result::kNotYet || deadline.passed())
      return result;  // in this order: the last look is after the wait
    sleep_a_while(state, wish, deadline);
  }
}

}  // namespace

// ---- Step 1 --------------------------------------------------------------------------------------------------------

std::size_t bytes_for(std::size_t capacity, std::size_t item_size) {
  if (capacity == 0) refuse("bytes_for", "capacity 0");
  if (item_size == 0) refuse("bytes_for", "item size 0");
  if (capacity > (std::numeric_limits<std::size_t>::max() - sizeof(State)) / item_size) {
    refuse("bytes_for", "capacity " + std::to_string(capacity) + ", item size " + std::to_string(item_size));
  }
  return sizeof(State) + capacity * item_size;
}

Queue create(std::span<std::byte> memory, std::size_t capacity, std::size_t item_size) {
  const std::size_t needed = bytes_for(capacity, item_size);
  require_place("create", memory);
  if (memory.size() < needed) refuse("create", std::to_string(memory.size()) + " bytes of memory");
  const Queue queue{memory};
  queue.identity().magic.store(0);  // first: what lay here before may look like a queue
  State& state = *new (memory.data()) State{};
  state.identity.version = kVersion;
  state.identity.capacity = capacity;
  state.identity.item_size = item_size;
  make_mutex(state.mutex);
  for (Seat& seat : state.seats) {
    make_mutex(seat.taken);
    make_semaphore(seat.called);
  }
  state.identity.magic.store(kMagic, std::memory_order_release);  // last: now it is one
  return queue;
}

Queue attach(std::span<std::byte> memory, std::size_t item_size) {
  require_place("attach", memory);
  if (memory.size() < sizeof(Identity)) refuse("attach", std::to_string(memory.size()) + " bytes of memory");
  const Queue queue{memory};
  const Identity& identity = queue.identity();
  if (identity.magic.load(std::memory_order_acquire) != kMagic) refuse("attach", "memory without a queue");
  if (identity.version != kVersion) refuse("attach", "version " + std::to_string(identity.version));
  if (identity.item_size != item_size) refuse("attach", "items of " + std::to_string(identity.item_size) + " bytes");
  if (bytes_for(identity.capacity, item_size) > memory.size()) {
    refuse("attach", "capacity " + std::to_string(identity.capacity));
  }
  return queue;
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
  State& state = state_of(queue);
  const Guard guard{state};
  state.closed = true;
  call_all(state);
}

}  // namespace lab
