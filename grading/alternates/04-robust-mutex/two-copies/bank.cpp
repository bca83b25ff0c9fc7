// All accounts twice, and a word that says which copy counts. A transfer changes the other one, then the word, then
// brings the copy that no longer counts up to date. A repair copies all of what counts.
#include "bank.hpp"

#include <atomic>
#include <limits>
#include <thread>

namespace lab {

struct alignas(shm::kCacheLine) Bank {
  pthread_mutex_t mutex;
  std::uint64_t accounts;
  std::uint64_t counts;  // 0 or 1
  std::uint64_t magic;
  std::uint64_t claim;
};

namespace {

constexpr std::uint64_t kMagic = 0x7477'6f20'636f'7079;

Money* copy_of(Bank& bank, std::uint64_t number) {
  return reinterpret_cast<Money*>(&bank + 1) + number * bank.accounts;
}

void set(Money& word, Money value) { std::atomic_ref{word}.store(value); }

void check(int error, const char* what) {
  if (error != 0) shm::throw_error(error, what);
}

Guard guarded(Bank& bank, int error, const Audit& audit) {
  if (error != EOWNERDEAD) {
    check(error, "lock");
    return Guard{bank};
  }
  Guard guard{bank};
  const Money* const right = copy_of(bank, bank.counts);
  Money* const other = copy_of(bank, 1 - bank.counts);
  for (std::size_t i = 0; i < bank.accounts; ++i) {
    if (other[i] != right[i]) set(other[i], right[i]);
  }
  if (audit && !audit(guard)) shm::throw_error(ENOTRECOVERABLE, "audit");
  check(::pthread_mutex_consistent(&bank.mutex), "consistent");
  return guard;
}

}  // namespace

void make_mutex(pthread_mutex_t& mutex) {
  pthread_mutexattr_t attributes;
  check(::pthread_mutexattr_init(&attributes), "init");
  try {
    check(::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST), "setrobust");
    check(::pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK), "settype");
    check(::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED), "setpshared");
    check(::pthread_mutex_init(&mutex, &attributes), "mutex");
  } catch (...) {
    ::pthread_mutexattr_destroy(&attributes);
    throw;
  }
  ::pthread_mutexattr_destroy(&attributes);
}

std::size_t bytes_for(std::size_t accounts) {
  std::size_t bytes = 0;
  if (accounts == 0 || __builtin_mul_overflow(accounts, 2 * sizeof(Money), &bytes) ||
      bytes > PTRDIFF_MAX - sizeof(Bank)) {
    shm::throw_error(EINVAL, "bytes_for");
  }
  return bytes + sizeof(Bank);
}

Bank& open_bank(std::span<std::byte> memory, std::size_t accounts, Money initial, shm::Deadline deadline) {
  if (memory.data() == nullptr || memory.size() < bytes_for(accounts) || initial < 0 ||
      reinterpret_cast<std::uintptr_t>(memory.data()) % alignof(Bank) != 0 ||
      (initial > 0 && accounts > static_cast<std::size_t>(std::numeric_limits<Money>::max() / initial))) {
    shm::throw_error(EINVAL, "open_bank");
  }
  auto& bank = *reinterpret_cast<Bank*>(memory.data());
  const std::atomic_ref magic{bank.magic};
  const std::atomic_ref claim{bank.claim};
  for (;;) {
    const std::uint64_t seen = magic.load();
    if (seen == kMagic) break;
    if (seen != 0 || claim.load() > 1) shm::throw_error(EINVAL, "open_bank");
    if (claim.load() == 0 && claim.exchange(1) == 0) {
      if (magic.load() == kMagic) break;
      try {
        make_mutex(bank.mutex);
      } catch (...) {
        claim.store(0);
        throw;
      }
      bank.accounts = accounts;
      for (std::size_t i = 0; i < 2 * accounts; ++i) copy_of(bank, 0)[i] = initial;
      magic.store(kMagic);
      break;
    }
    if (deadline.passed()) shm::throw_error(ETIMEDOUT, "open_bank");
    std::this_thread::yield();
  }
  if (bank.accounts != accounts) shm::throw_error(EINVAL, "open_bank");
  return bank;
}

void unlock(Bank& bank) { check(::pthread_mutex_unlock(&bank.mutex), "unlock"); }

Guard lock(Bank& bank, const Audit& audit) { return guarded(bank, ::pthread_mutex_lock(&bank.mutex), audit); }

Money balance(const Guard& guard, std::size_t account) {
  Bank& bank = guard.bank();
  if (account >= bank.accounts) shm::throw_error(EINVAL, "balance");
  return copy_of(bank, bank.counts)[account];
}

Money total(const Guard& guard) {
  Money sum = 0;
  for (std::size_t i = 0; i < guard.bank().accounts; ++i) sum += balance(guard, i);
  return sum;
}

bool transfer(Guard& guard, std::size_t from, std::size_t to, Money amount) {
  Bank& bank = guard.bank();
  const Money source = balance(guard, from);
  const Money target = balance(guard, to);
  if (from == to || amount < 1) shm::throw_error(EINVAL, "transfer");
  if (source < amount) return false;
  for (int round = 0; round < 2; ++round) {
    Money* const other = copy_of(bank, 1 - bank.counts);
    set(other[to], target + amount);
    set(other[from], source - amount);
    if (round == 0) std::atomic_ref{bank.counts}.store(1 - bank.counts);  // this is the transfer
  }
  return true;
}

Guard lock_until(Bank& bank, shm::Deadline deadline, const Audit& audit) {
  const timespec until = deadline.as_timespec();
  return guarded(bank, ::pthread_mutex_clocklock(&bank.mutex, CLOCK_MONOTONIC, &until), audit);
}

}  // namespace lab
