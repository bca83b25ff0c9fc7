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
  // TODO (step 4): the value is stored, as the comment above says. std::memory_order; handout, "Undo".
  throw shm::NotImplemented{"step 4: store in the order of the program"};
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
  // TODO (step 2): the bank is as it should be found, but does not say so yet; or an error was thrown. Handout, "Made
  // exactly once".
  throw shm::NotImplemented{"step 2: make a bank"};
}

/// Undoes the transfer in the middle of which somebody died, if there is one. False when the record of it makes no
/// sense.
[[maybe_unused]] bool repair(Bank& bank) {
  // TODO (step 5): no transfer is half done any more. Who dies in here leaves it to the next, who does all of it once
  // more. Handout, "Undo".
  throw shm::NotImplemented{"step 5: repair what a dead clerk has left"};
}

/// The guard, after a call that locks has returned `error`, if the lock is held and the bank is in order.
[[maybe_unused]] Guard accept(Bank& bank, int error, std::string_view call, const Audit& audit) {
  if (error == EOWNERDEAD) {
    // TODO (step 5): the bank is repaired, the mutex is consistent, and a guard holds the lock. From step 7 on the
    // audit, if there is one, is asked at the right moment, and when it does not say yes, the bank is lost for all.
    // pthread_mutex_consistent(3); handout, "Your lock, your duty" and "Giving up".
    throw shm::NotImplemented{"step 5: take over from a dead clerk"};
  }
  // TODO (step 3): a guard holds the lock if the call has got it, and any error is thrown. Handout, "One at a time".
  throw shm::NotImplemented{"step 3: take what a call that locks returns"};
}

/// The account of that number, which must exist.
[[maybe_unused]] std::atomic<Money>& account_of(const Guard& guard, std::size_t number) {
  // TODO (step 4): the account is returned if it exists; EINVAL is thrown otherwise.
  throw shm::NotImplemented{"step 4: find an account"};
}

}  // namespace

// ---- Step 1: a mutex for processes that die -----------------------------------------------------------------------

void make_mutex(pthread_mutex_t& mutex) {
  // TODO (step 1): the mutex is shared between processes, robust and error-checking; or what failed was thrown, and
  // nothing is left. pthread_mutexattr_init(3p); handout, "Three attributes".
  throw shm::NotImplemented{"step 1: make a mutex"};
}

// ---- Step 2: made exactly once ------------------------------------------------------------------------------------

std::size_t bytes_for(std::size_t accounts) {
  // TODO (step 2): the size is returned, or EINVAL is thrown for one that can't be. Every std::size_t is answered.
  throw shm::NotImplemented{"step 2: compute the size of a bank"};
}

Bank& open_bank(std::span<std::byte> memory, std::size_t accounts, Money initial, shm::Deadline deadline) {
  // TODO (step 2): what can't be a bank was refused with EINVAL; one of all callers has made the bank, and all have it,
  // whole, or ETIMEDOUT was thrown. compare_exchange_strong; handout, "Made exactly once".
  throw shm::NotImplemented{"step 2: open a bank"};
}

// ---- Step 3: lock and unlock --------------------------------------------------------------------------------------

void unlock(Bank& bank) {
  // TODO (step 3): the lock is given back, or EPERM was thrown. pthread_mutex_unlock(3p).
  throw shm::NotImplemented{"step 3: unlock"};
}

Guard lock(Bank& bank, const Audit& audit) {
  // TODO (step 3): the lock is held by the guard that is returned, however long it took. pthread_mutex_lock(3p).
  throw shm::NotImplemented{"step 3: lock"};
}

// ---- Step 4: accounts ---------------------------------------------------------------------------------------------

Money balance(const Guard& guard, std::size_t account) {
  // TODO (step 4): what is in the account is returned.
  throw shm::NotImplemented{"step 4: look at an account"};
}

Money total(const Guard& guard) {
  // TODO (step 4): what is in all accounts together is returned.
  throw shm::NotImplemented{"step 4: add up all accounts"};
}

bool transfer(Guard& guard, std::size_t from, std::size_t to, Money amount) {
  // TODO (step 4): all of the amount has moved, or nothing, and true or false says which; what makes no sense is
  // EINVAL. From step 5 on, a death between any two stores leaves a record from which repair() makes good. Handout,
  // "Undo".
  throw shm::NotImplemented{"step 4: move money"};
}

// ---- Step 6: not for ever -----------------------------------------------------------------------------------------

Guard lock_until(Bank& bank, shm::Deadline deadline, const Audit& audit) {
  // TODO (step 6): as lock(), or ETIMEDOUT was thrown once the deadline had passed, by the clock that nobody sets.
  // pthread_mutex_clocklock(3); handout, "Not for ever".
  throw shm::NotImplemented{"step 6: lock until a deadline"};
}

}  // namespace lab
