#include "bank.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>
#include <thread>

#include "shm/not_implemented.hpp"

#pragma GCC diagnostic ignored "-Wunused-parameter"  // a step that is not written yet uses none of its own

namespace lab {
namespace {

using Word = std::atomic<std::uint64_t>;

/// Stores in the order of the program, for those who survive us: no such store moves before an earlier one, and none is
/// left out because another one follows.
template <typename T>
[[maybe_unused]] void put(std::atomic<T>& word, T value) {
  word.store(value, std::memory_order_release);
}

/// Where a bank is in its life. 0 is what new memory holds.
enum State : std::uint32_t { kNew = 0, kBeingMade = 0x6b6e6142, kMade = 0x4b4e4142 };

/// What two accounts held before a transfer that may not have come to its end.
struct Undo {
  std::atomic<std::uint32_t> is_valid;
  Word from, to;
  std::atomic<Money> from_held, to_held;
};

}  // namespace

/// The start of a bank; its accounts lie behind it. New memory is all zeroes, so it is stored to, not constructed.
struct alignas(shm::kCacheLine) Bank {
  std::atomic<std::uint32_t> state;
  std::uint64_t accounts;
  pthread_mutex_t mutex;
  Undo undo;

  std::atomic<Money>& account(std::size_t number) { return reinterpret_cast<std::atomic<Money>*>(this + 1)[number]; }
};

namespace {

static_assert(std::atomic<Money>::is_always_lock_free && Word::is_always_lock_free, "a lock would live in one process");

/// Throws if a call of pthreads' has failed; they return the error, errno means nothing.
[[maybe_unused]] void check(int error, std::string_view call) {
  if (error != 0) shm::throw_error(error, call);
}

/// Makes a bank of memory that only this process looks at.
[[maybe_unused]] void make(Bank& bank, std::size_t accounts, Money initial) {
  make_mutex(bank.mutex);
  bank.accounts = accounts;
  for (std::size_t i = 0; i < accounts; ++i) bank.account(i).store(initial, std::memory_order_relaxed);
}

/// Undoes the transfer in the middle of which somebody died, if there is one. False when the record of it makes no
/// sense.
[[maybe_unused]] bool repair(Bank& bank) {
  Undo& undo = bank.undo;
  if (undo.is_valid.load(std::memory_order_relaxed) == 0) return true;
  if (undo.from >= bank.accounts || undo.to >= bank.accounts) return false;
  // Values, not differences: who dies here leaves it to the next, who may do it all once more.
  put(bank.account(undo.from), undo.from_held.load(std::memory_order_relaxed));
  put(bank.account(undo.to), undo.to_held.load(std::memory_order_relaxed));
  put(undo.is_valid, 0U);
  return true;
}

/// The guard, after a call that locks has returned `error`, if the lock is held and the bank is in order.
[[maybe_unused]] Guard accept(Bank& bank, int error, std::string_view call, const Audit& audit) {
  if (error == EOWNERDEAD) {
    Guard guard{bank};  // whatever goes wrong from here on: unlocked while inconsistent, the mutex is lost for all
    if (!repair(bank) || (audit && !audit(guard))) shm::throw_error(ENOTRECOVERABLE, call, "the bank is given up");
    check(::pthread_mutex_consistent(&bank.mutex), "pthread_mutex_consistent");
    return guard;
  }
  check(error, call);
  return Guard{bank};
}

/// The account of that number, which must exist.
[[maybe_unused]] std::atomic<Money>& account_of(const Guard& guard, std::size_t number) {
  Bank& bank = guard.bank();
  if (number >= bank.accounts) shm::throw_error(EINVAL, "an account that does not exist");
  return bank.account(number);
}

}  // namespace

// ---- Step 1: a mutex for processes that die -----------------------------------------------------------------------

void make_mutex(pthread_mutex_t& mutex) {
  class Attributes {
   public:
    Attributes() { check(::pthread_mutexattr_init(&attributes_), "pthread_mutexattr_init"); }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    ~Attributes() { ::pthread_mutexattr_destroy(&attributes_); }
    pthread_mutexattr_t* get() { return &attributes_; }

   private:
    pthread_mutexattr_t attributes_{};
  } attributes;
  check(::pthread_mutexattr_setpshared(attributes.get(), PTHREAD_PROCESS_SHARED), "pthread_mutexattr_setpshared");
  check(::pthread_mutexattr_setrobust(attributes.get(), PTHREAD_MUTEX_ROBUST), "pthread_mutexattr_setrobust");
  check(::pthread_mutexattr_settype(attributes.get(), PTHREAD_MUTEX_ERRORCHECK), "pthread_mutexattr_settype");
  check(::pthread_mutex_init(&mutex, attributes.get()), "pthread_mutex_init");
}

// ---- Step 2: made exactly once ------------------------------------------------------------------------------------

std::size_t bytes_for(std::size_t accounts) {
  constexpr std::size_t kMost = (static_cast<std::size_t>(PTRDIFF_MAX) - sizeof(Bank)) / sizeof(Money);
  if (accounts == 0 || accounts > kMost) shm::throw_error(EINVAL, "bytes_for");
  return sizeof(Bank) + accounts * sizeof(Money);
}

Bank& open_bank(std::span<std::byte> memory, std::size_t accounts, Money initial, shm::Deadline deadline) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  if (memory.data() == nullptr || address % alignof(Bank) != 0) shm::throw_error(EINVAL, "open_bank", "memory");
  if (memory.size() < bytes_for(accounts)) shm::throw_error(EINVAL, "open_bank", "memory's size");
  if (initial < 0 || static_cast<std::uint64_t>(initial) > std::numeric_limits<Money>::max() / accounts) {
    shm::throw_error(EINVAL, "open_bank", "initial");  // more in all would not fit into one account either
  }
  auto& bank = *reinterpret_cast<Bank*>(memory.data());
  for (;;) {
    std::uint32_t seen = bank.state.load(std::memory_order_acquire);
    if (seen == kNew && bank.state.compare_exchange_strong(seen, kBeingMade, std::memory_order_acquire)) {
      try {
        make(bank, accounts, initial);
      } catch (...) {
        bank.state.store(kNew, std::memory_order_release);
        throw;
      }
      bank.state.store(kMade, std::memory_order_release);  // whoever reads it sees all that was made
      return bank;
    }
    if (seen == kMade) break;
    if (seen != kBeingMade) shm::throw_error(EINVAL, "open_bank", "something else");
    if (deadline.passed()) shm::throw_error(ETIMEDOUT, "open_bank");
    std::this_thread::sleep_for(
        std::min<shm::Deadline::Clock::duration>(deadline.remaining(), std::chrono::microseconds{200}));
  }
  if (bank.accounts != accounts) shm::throw_error(EINVAL, "open_bank", "another number of accounts");
  return bank;
}

// ---- Step 3: lock and unlock --------------------------------------------------------------------------------------

void unlock(Bank& bank) { check(::pthread_mutex_unlock(&bank.mutex), "pthread_mutex_unlock"); }

Guard lock(Bank& bank, const Audit& audit) {
  return accept(bank, ::pthread_mutex_lock(&bank.mutex), "pthread_mutex_lock", audit);
}

// ---- Step 4: accounts ---------------------------------------------------------------------------------------------

Money balance(const Guard& guard, std::size_t account) {
  return account_of(guard, account).load(std::memory_order_relaxed);
}

Money total(const Guard& guard) {
  Money sum = 0;
  for (std::size_t i = 0; i < guard.bank().accounts; ++i) sum += balance(guard, i);
  return sum;
}

bool transfer(Guard& guard, std::size_t from, std::size_t to, Money amount) {
  std::atomic<Money>& source = account_of(guard, from);
  std::atomic<Money>& target = account_of(guard, to);
  if (from == to || amount < 1) shm::throw_error(EINVAL, "transfer");
  const Money source_held = source.load(std::memory_order_relaxed);
  const Money target_held = target.load(std::memory_order_relaxed);
  if (source_held < amount) return false;

  Undo& undo = guard.bank().undo;
  put<std::uint64_t>(undo.from, from);
  put<std::uint64_t>(undo.to, to);
  put(undo.from_held, source_held);
  put(undo.to_held, target_held);
  put(undo.is_valid, 1U);  // from here on, a death is undone
  put(source, source_held - amount);
  put(target, target_held + amount);
  put(undo.is_valid, 0U);  // from here on, it has happened
  return true;
}

// ---- Step 6: not for ever -----------------------------------------------------------------------------------------

Guard lock_until(Bank& bank, shm::Deadline deadline, const Audit& audit) {
  const timespec until = deadline.as_timespec();
  const int error = ::pthread_mutex_clocklock(&bank.mutex, CLOCK_MONOTONIC, &until);
  return accept(bank, error, "pthread_mutex_clocklock", audit);
}

}  // namespace lab
