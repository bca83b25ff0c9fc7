// Plain volatile words: what must not move is kept in place by fences for the compiler. A transfer is written down as
// what will be, and a repair does it once more, to its end. The first of all who count themselves in makes the bank.
#include "bank.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>

namespace lab {

struct alignas(shm::kCacheLine) Bank {
  std::atomic<std::size_t> plan;  // accounts of the bank that is there, or is being made; all bits: something else
  std::atomic<unsigned> whole;
  pthread_mutex_t mutex;
  volatile int planned;
  volatile std::size_t which[2];
  volatile Money will_hold[2];
};

namespace {

constexpr unsigned kWhole = 0x57484f4c;

volatile Money* accounts_of(Bank& bank) { return reinterpret_cast<volatile Money*>(&bank + 1); }

void in_this_order() { std::atomic_signal_fence(std::memory_order_seq_cst); }

void apply(Bank& bank) {
  for (int i = 0; i < 2; ++i) accounts_of(bank)[bank.which[i]] = bank.will_hold[i];
  in_this_order();
  bank.planned = 0;
  in_this_order();
}

Guard inherit(Bank& bank, const Audit& audit) {
  Guard guard{bank};
  if (bank.planned != 0) apply(bank);
  if (audit && !audit(guard)) shm::throw_error(ENOTRECOVERABLE, "audit");
  if (const int error = pthread_mutex_consistent(&bank.mutex)) shm::throw_error(error, "consistent");
  return guard;
}

void require_account(Bank& bank, std::size_t account) {
  if (account >= bank.plan.load()) shm::throw_error(EINVAL, "account");
}

}  // namespace

void make_mutex(pthread_mutex_t& mutex) {
  pthread_mutexattr_t as;
  int error = pthread_mutexattr_init(&as);
  if (error == 0) {
    error = pthread_mutexattr_settype(&as, PTHREAD_MUTEX_ERRORCHECK_NP);
    if (error == 0) error = pthread_mutexattr_setrobust(&as, PTHREAD_MUTEX_ROBUST);
    if (error == 0) error = pthread_mutexattr_setpshared(&as, PTHREAD_PROCESS_SHARED);
    if (error == 0) error = pthread_mutex_init(&mutex, &as);
    pthread_mutexattr_destroy(&as);
  }
  if (error != 0) shm::throw_error(error, "make_mutex");
}

std::size_t bytes_for(std::size_t accounts) {
  if (accounts == 0 || accounts > SIZE_MAX / 4 / sizeof(Money)) shm::throw_error(EINVAL, "bytes_for");
  return accounts * sizeof(Money) + sizeof(Bank);
}

Bank& open_bank(std::span<std::byte> memory, std::size_t accounts, Money initial, shm::Deadline deadline) {
  Money sum = 0;
  if (memory.data() == nullptr || memory.size() < bytes_for(accounts) || initial < 0 ||
      reinterpret_cast<std::uintptr_t>(memory.data()) % shm::kCacheLine != 0 ||
      __builtin_mul_overflow(static_cast<Money>(accounts), initial, &sum)) {
    shm::throw_error(EINVAL, "open_bank");
  }
  auto& bank = *reinterpret_cast<Bank*>(memory.data());
  // The number of accounts is itself the claim.
  while (bank.plan.load() == 0) {
    std::size_t nobody = 0;
    if (!bank.plan.compare_exchange_strong(nobody, accounts)) break;
    try {
      make_mutex(bank.mutex);
    } catch (...) {
      bank.plan = 0;
      throw;
    }
    for (std::size_t i = 0; i < accounts; ++i) accounts_of(bank)[i] = initial;
    bank.whole = kWhole;
    return bank;
  }
  while (bank.whole.load() != kWhole) {
    if (bank.plan.load() == 0) return open_bank(memory, accounts, initial, deadline);
    if (bank.whole.load() != 0 && bank.whole.load() != kWhole) shm::throw_error(EINVAL, "open_bank");
    if (deadline.passed()) shm::throw_error(ETIMEDOUT, "open_bank");
    sched_yield();
  }
  if (bank.plan.load() != accounts) shm::throw_error(EINVAL, "open_bank");
  return bank;
}

void unlock(Bank& bank) {
  if (const int error = pthread_mutex_unlock(&bank.mutex)) shm::throw_error(error, "unlock");
}

Guard lock(Bank& bank, const Audit& audit) {
  switch (const int error = pthread_mutex_lock(&bank.mutex)) {
    case 0:
      return Guard{bank};
    case EOWNERDEAD:
      return inherit(bank, audit);
    default:
      shm::throw_error(error, "lock");
  }
}

Money balance(const Guard& guard, std::size_t account) {
  require_account(guard.bank(), account);
  return accounts_of(guard.bank())[account];
}

Money total(const Guard& guard) {
  Money sum = 0;
  for (std::size_t i = guard.bank().plan; i-- > 0;) sum += accounts_of(guard.bank())[i];
  return sum;
}

bool transfer(Guard& guard, std::size_t from, std::size_t to, Money amount) {
  Bank& bank = guard.bank();
  require_account(bank, from);
  require_account(bank, to);
  if (amount <= 0 || from == to) shm::throw_error(EINVAL, "transfer");
  const Money rest = accounts_of(bank)[from] - amount;
  if (rest < 0) return false;
  bank.which[0] = to;
  bank.which[1] = from;
  bank.will_hold[0] = accounts_of(bank)[to] + amount;
  bank.will_hold[1] = rest;
  in_this_order();
  bank.planned = 1;
  in_this_order();
  apply(bank);
  return true;
}

// In slices: after each it looks at the deadline itself.
Guard lock_until(Bank& bank, shm::Deadline deadline, const Audit& audit) {
  for (;;) {
    const auto slice = std::min<shm::Deadline::Clock::duration>(deadline.remaining(), std::chrono::milliseconds{5});
    const timespec until = shm::Deadline::after(slice).as_timespec();
    const int error = pthread_mutex_clocklock(&bank.mutex, CLOCK_MONOTONIC, &until);
    if (error == 0) return Guard{bank};
    if (error == EOWNERDEAD) return inherit(bank, audit);
    if (error != ETIMEDOUT || deadline.passed()) shm::throw_error(error, "lock_until");
  }
}

}  // namespace lab
