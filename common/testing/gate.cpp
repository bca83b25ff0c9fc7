#include "testing/gate.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/futex.h>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <ctime>
#include <stdexcept>
#include <string>

#include "shm/deadline.hpp"
#include "testing/subject.hpp"

// Of the explorer, where it is linked: in a thread of a scenario, which has no gates.
extern "C" [[gnu::weak]] bool explore_is_answering();
// Of ThreadSanitizer's own runtime.
extern "C" [[gnu::weak]] void __tsan_acquire(void*);

namespace judge::gate {
namespace {

enum Call : unsigned {
#define GATE(result, name, parameters, arguments, failure) k_##name,
#include "testing/gate_calls.inc"
#undef GATE
  k_mremap,  // these take a variable number of arguments: wrapped by hand below
  k_open,
  k_openat,
  k_shmat,  // ThreadSanitizer does not know it: by hand as well
  kCallCount
};
static_assert(kCallCount <= 64, "Gate keeps a bit for each");

constexpr std::array<std::string_view, kCallCount> kNames{
#define GATE(result, name, parameters, arguments, failure) #name,
#include "testing/gate_calls.inc"
#undef GATE
    "mremap", "open", "openat", "shmat"};

unsigned call_named(std::string_view name) {
  for (unsigned call = 0; call < kCallCount; ++call) {
    if (kNames[call] == name) return call;
  }
  throw std::invalid_argument{"no gate at " + std::string{name} + ": see gate_calls.inc"};
}

struct Fault {
  std::atomic<int> error{0};
  std::atomic<int> countdown{0};  // calls until the fault; 0: none
  std::atomic<bool> stays{false};
};

// Of this process; a fork starts with a copy.
std::array<Fault, kCallCount> faults;
std::array<std::atomic<int>, kCallCount> made;
std::atomic<Gate*> armed{nullptr};
std::atomic<int> calls_until_gate{0};

void plan(std::string_view name, int error, int nth, bool stays) {
  Fault& fault = faults[call_named(name)];
  fault.error = error;
  fault.stays = stays;
  fault.countdown = nth;
}

// Relaxed: else a gate would order the threads that pass it, and ThreadSanitizer would not see their races.
int fault_at(unsigned call) {
  made[call].fetch_add(1, std::memory_order_relaxed);
  Fault& fault = faults[call];
  const int left = fault.countdown.load(std::memory_order_relaxed);
  if (left == 0) return 0;
  if (left > 1) {
    fault.countdown.store(left - 1, std::memory_order_relaxed);
    return 0;
  }
  if (!fault.stays.load(std::memory_order_relaxed)) fault.countdown.store(0, std::memory_order_relaxed);
  return fault.error.load(std::memory_order_relaxed);
}

void wake(std::atomic<std::uint32_t>& word) { ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0); }

// Waits while the word holds this value, or until so much time has passed.
void wait_while(const std::atomic<std::uint32_t>& word, std::uint32_t value, std::chrono::milliseconds time) {
  const auto deadline = shm::Deadline::after(time);
  while (word.load(std::memory_order_acquire) == value && !deadline.passed()) {
    const auto until = deadline.as_timespec();
    ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, value, &until, nullptr, FUTEX_BITSET_MATCH_ANY);
  }
}

}  // namespace

struct Hook {
  /// Stops here if the armed gate is at this call and this is the one.
  static void pass(unsigned call, When when) {
    if (armed.load(std::memory_order_relaxed) == nullptr) return;
    const Gate* const gate = armed.load(std::memory_order_acquire);
    if (gate == nullptr || gate->when_ != when || (gate->calls_ >> call & 1) == 0) return;
    if (calls_until_gate.fetch_sub(1) != 1) return;
    const int error = errno;  // belongs to the call that was just made
    gate->state_->store(Gate::kStanding, std::memory_order_release);
    wake(*gate->state_);
    wait_while(*gate->opened_, 0, patience(std::chrono::seconds{8}));
    errno = error;
  }
};

namespace {

enum class Failure { kMinusOne, kMapFailed, kErrorNumber };

template <typename Result, Failure kFailure, typename Real>
Result gated(unsigned call, Real real) {
  if (explore_is_answering != nullptr && explore_is_answering()) return real();
  if (const int error = fault_at(call); error != 0) {
    if constexpr (kFailure == Failure::kErrorNumber) return static_cast<Result>(error);
    errno = error;
    if constexpr (kFailure == Failure::kMapFailed) {
      return MAP_FAILED;
    } else {
      return static_cast<Result>(-1);
    }
  }
  Hook::pass(call, When::kBefore);
  Result result = real();
  Hook::pass(call, When::kAfter);
  return result;
}

}  // namespace

void fail(std::string_view call, int error, int nth) { plan(call, error, nth, false); }
void fail_always(std::string_view call, int error, int nth) { plan(call, error, nth, true); }
int calls(std::string_view call) { return made[call_named(call)].load(); }

void forget() {
  for (Fault& fault : faults) fault.countdown = 0;
  for (auto& count : made) count = 0;
  armed = nullptr;
}

Gate::Gate(std::initializer_list<std::string_view> calls, When when, int nth) : when_{when}, nth_{nth} {
  for (const auto name : calls) calls_ |= std::uint64_t{1} << call_named(name);
}

Gate::Armed::Armed(Gate& gate) : gate_{gate} {
  calls_until_gate = gate.nth_;
  armed = &gate;
}

Gate::Armed::~Armed() {
  armed = nullptr;
  gate_.state_->store(kGone, std::memory_order_release);
  wake(*gate_.state_);
}

bool Gate::await_arrival() {
  wait_while(*state_, kFar, patience(std::chrono::seconds{5}));
  return state_->load(std::memory_order_acquire) == kStanding;
}

void Gate::open() {
  opened_->store(1, std::memory_order_release);
  wake(*opened_);
}

}  // namespace judge::gate

// The linker sends each call of these functions here (--wrap), and __real_ to the C library.
extern "C" {
using judge::gate::Failure;
#define GATE(result, name, parameters, arguments, failure)                                        \
  result __real_##name parameters;                                                                \
  result __wrap_##name parameters;                                                                \
  result __wrap_##name parameters {                                                               \
    return judge::gate::gated<result, Failure::failure>(judge::gate::k_##name,                    \
                                                        [&] { return __real_##name arguments; }); \
  }
#include "testing/gate_calls.inc"
#undef GATE

void* __real_mremap(void* address, size_t old_size, size_t new_size, int flags, ...);
void* __wrap_mremap(void* address, size_t old_size, size_t new_size, int flags, ...);
void* __wrap_mremap(void* address, size_t old_size, size_t new_size, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  void* to = (flags & MREMAP_FIXED) != 0 ? va_arg(rest, void*) : nullptr;
  va_end(rest);
  return judge::gate::gated<void*, Failure::kMapFailed>(
      judge::gate::k_mremap, [&] { return __real_mremap(address, old_size, new_size, flags, to); });
}

int __real_open(const char* path, int flags, ...);
int __wrap_open(const char* path, int flags, ...);
int __wrap_open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const auto mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : mode_t{0};
  va_end(rest);
  return judge::gate::gated<int, Failure::kMinusOne>(judge::gate::k_open,
                                                     [&] { return __real_open(path, flags, mode); });
}

int __real_openat(int folder, const char* path, int flags, ...);
int __wrap_openat(int folder, const char* path, int flags, ...);
int __wrap_openat(int folder, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const auto mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : mode_t{0};
  va_end(rest);
  return judge::gate::gated<int, Failure::kMinusOne>(judge::gate::k_openat,
                                                     [&] { return __real_openat(folder, path, flags, mode); });
}

void* __real_shmat(int id, const void* at, int flags);
void* __wrap_shmat(int id, const void* at, int flags);
void* __wrap_shmat(int id, const void* at, int flags) {
  return judge::gate::gated<void*, Failure::kMapFailed>(judge::gate::k_shmat, [&] {
    shmid_ds status{};
    if (__tsan_acquire == nullptr || at != nullptr || __real_shmctl(id, IPC_STAT, &status) != 0) {
      return __real_shmat(id, at, flags);
    }
    // ThreadSanitizer forgets what was at an address when something is mapped there, but takes no notice of shmat: the
    // accesses to a segment that was there before would race with those to this one. So it gets a new mapping's place.
    void* const place =
        __real_mmap(nullptr, status.shm_segsz, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place == MAP_FAILED) return place;
    void* const address = __real_shmat(id, place, flags | SHM_REMAP);
    const int error = errno;
    if (address == MAP_FAILED) __real_munmap(place, status.shm_segsz);
    errno = error;
    return address;
  });
}
}
