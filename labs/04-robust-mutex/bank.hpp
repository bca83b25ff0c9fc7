#pragma once

#include <pthread.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>

#include "shm/cache_line.hpp"
#include "shm/deadline.hpp"
#include "shm/error.hpp"

/// What students write.
namespace lab {

/// In the smallest coin. What an account holds is never negative.
using Money = std::int64_t;

/// A bank in shared memory: a lock, accounts numbered from 0, and whatever else you put there. How its bytes are laid
/// out is known to bank.cpp alone, and to every process that is built from it. They hold no pointer, for each process
/// maps them elsewhere.
///
/// Its clerks are threads of any number of processes. Each of them may die at any moment, as by SIGKILL.
struct Bank;

class Guard;

/// What somebody asks who has found the lock of a dead clerk and has repaired what it left: whether the books can be
/// trusted. It is called with the lock held, and may read accounts.
using Audit = std::function<bool(const Guard&)>;

// ---- Step 1 -------------------------------------------------------------------------------------------------------

/// Initialises a mutex that lies in shared memory: for threads of all processes (PTHREAD_PROCESS_SHARED), which tells
/// of an owner that died (PTHREAD_MUTEX_ROBUST), and which tells a thread that locks it twice (EDEADLK, as
/// PTHREAD_MUTEX_ERRORCHECK does) instead of letting it wait for itself.
/// @param mutex  zeroed memory, which nobody else looks at yet
/// @throws std::system_error what failed; nothing is left allocated then
/// @see pthread_mutexattr_setrobust(3), pthread_mutexattr_setpshared(3), pthread_mutexattr_settype(3p)
void make_mutex(pthread_mutex_t& mutex);

// ---- Step 2 -------------------------------------------------------------------------------------------------------

/// Bytes that a bank of so many accounts needs.
/// @throws std::system_error EINVAL for no accounts, and for so many that their size does not fit into a std::ptrdiff_t
[[nodiscard]] std::size_t bytes_for(std::size_t accounts);

/// The bank in `memory`. Any number of processes and threads may call this at the same time, on memory that begins as
/// zeroes, as a new object does: exactly one of them makes the bank, with `initial` in each account. All others find
/// it, whole, and what its accounts hold by then; they wait until it has been made, or until the deadline. A deadline
/// in the past means "look once, and make it if it is new".
///
/// When making it fails, the exception passes on and the next caller may try. A process may also die while it makes the
/// bank: then each of the others throws ETIMEDOUT at its deadline, or makes the bank in its place. Nobody ever gets one
/// that is half made.
/// @throws std::system_error ETIMEDOUT; what make_mutex() throws; or EINVAL, and nothing has been changed: no memory, or
///         less than bytes_for(accounts); memory that is not aligned to shm::kCacheLine; memory that is full of
///         something else; a bank of another number of accounts; a negative `initial`, or one with which all the money
///         of the bank does not fit into a Money; what bytes_for() refuses
/// @see std::atomic::compare_exchange_strong, [intro.races] in the C++ standard
[[nodiscard]] Bank& open_bank(std::span<std::byte> memory, std::size_t accounts, Money initial, shm::Deadline deadline);

// ---- Step 3 -------------------------------------------------------------------------------------------------------

/// Gives back the lock that the calling thread holds: guards do it.
/// @throws std::system_error EPERM when the calling thread does not hold it
void unlock(Bank& bank);

/// Holds the lock of a bank, from lock() or lock_until(), and gives it back at the end of its life, however that comes.
/// Movable; to be used by the thread that has locked, for only the owner of a mutex may unlock it.
class [[nodiscard]] Guard {
 public:
  /// Takes over the lock, which the calling thread holds.
  explicit Guard(Bank& bank) noexcept : bank_{&bank} {}
  Guard(Guard&& other) noexcept : bank_{std::exchange(other.bank_, nullptr)} {}
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() {
    if (bank_ != nullptr) unlock(*bank_);
  }

  /// The bank whose lock it holds.
  /// @throws std::system_error EPERM when the lock has moved to another guard
  [[nodiscard]] Bank& bank() const {
    if (bank_ == nullptr) shm::throw_error(EPERM, "a guard that was moved from");
    return *bank_;
  }

 private:
  Bank* bank_;
};

/// Locks the bank, however long that takes.
///
/// When its last owner died, the lock comes with a duty: what the dead clerk was doing is undone, or done to its end,
/// so that a transfer has happened or has not (step 5). Then `audit`, if there is one, is asked; it is asked at no
/// other time. When it says no or throws, the bank is given up (step 7). Only then the lock is as good as any other.
/// Who dies in the middle of all this leaves it to the next.
/// @throws std::system_error EDEADLK when the calling thread holds the lock already; ENOTRECOVERABLE when the bank has
///         been given up, or is so now; or what else failed. And what `audit` throws. The lock is not held then.
/// @see pthread_mutex_lock(3p), pthread_mutex_consistent(3p)
[[nodiscard]] Guard lock(Bank& bank, const Audit& audit = {});

// ---- Step 4 -------------------------------------------------------------------------------------------------------

/// What is in an account.
/// @throws std::system_error EINVAL for an account that does not exist
[[nodiscard]] Money balance(const Guard& guard, std::size_t account);

/// What is in all accounts together. Transfers do not change it: that is the invariant of a bank.
[[nodiscard]] Money total(const Guard& guard);

/// Moves money from one account to another.
///
/// Whenever the process dies in the middle, the next owner of the lock can say what happened: all of it or nothing.
/// Once this has returned, it has happened, and nobody undoes it.
/// @return false, and nothing has been changed, when `from` holds less than that
/// @throws std::system_error EINVAL, and nothing has been changed, for an account that does not exist, from an account to
///         itself, and for an amount below 1
/// @see std::memory_order_release, std::atomic_signal_fence
[[nodiscard]] bool transfer(Guard& guard, std::size_t from, std::size_t to, Money amount);

// ---- Step 5 is lock(), after a death. Step 6: ---------------------------------------------------------------------

/// As lock(), but gives up at the deadline, which is one of CLOCK_MONOTONIC: whoever sets the wall clock does not move
/// it. A deadline in the past means "try once". A dead owner is dealt with as in lock().
/// @throws std::system_error ETIMEDOUT, and the lock is not held; what lock() throws
/// @see pthread_mutex_clocklock(3); pthread_mutex_timedlock(3p) takes CLOCK_REALTIME
[[nodiscard]] Guard lock_until(Bank& bank, shm::Deadline deadline, const Audit& audit = {});

// ---- Step 7 -------------------------------------------------------------------------------------------------------

// Giving up: when an audit says no or throws (or repair() says no, which no test can bring about), the lock is given
// back without pthread_mutex_consistent. From then on nobody gets it: lock() and lock_until() throw ENOTRECOVERABLE at
// once, also in those that were waiting.

}  // namespace lab
