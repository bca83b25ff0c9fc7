#include "races.hpp"

#include <semaphore.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <new>
#include <shared_mutex>

namespace races {

struct Record {
  long words[16];
};

struct Shared {
  long number = 0;
  char bytes[32] = {};
  Record record = {};
  unsigned low : 4 = 0;
  unsigned high : 4 = 0;
  unsigned : 0;  // what follows lies elsewhere in memory
  unsigned apart : 4 = 0;
  std::atomic<int> flag{0};
  std::mutex mutex;
  std::mutex other_mutex;
  std::shared_mutex shared_mutex;
  sem_t semaphore;
};

Shared& create(void* (*allocate)(std::size_t size, std::size_t alignment)) {
  auto* const shared = new (allocate(sizeof(Shared), alignof(Shared))) Shared;
  ::sem_init(&shared->semaphore, 0, 0);
  return *shared;
}

namespace {

// What is read is used, or it would not be read.
void use(long value) { asm volatile("" : : "r"(value)); }

void write(Shared& s) { s.number = 1; }
void read(Shared& s) { use(s.number); }

template <std::mutex Shared::*mutex>
void write_locked(Shared& s) {
  const std::lock_guard guard{s.*mutex};
  s.number = 1;
}

void write_then_lock(Shared& s) {
  s.number = 1;
  const std::lock_guard guard{s.mutex};
}
void lock_then_read(Shared& s) {
  s.mutex.lock();
  s.mutex.unlock();
  use(s.number);
}

void write_with_readers(Shared& s) {
  const std::shared_lock guard{s.shared_mutex};
  s.number = 1;
}
void write_without_readers(Shared& s) {
  const std::unique_lock guard{s.shared_mutex};
  s.number = 1;
}

template <std::memory_order order>
void publish(Shared& s) {
  s.number = 1;
  s.flag.store(1, order);
}
template <std::memory_order order>
void look(Shared& s) {
  if (s.flag.load(order) == 1) use(s.number);
}
void publish_early(Shared& s) {
  s.flag.store(1, std::memory_order_release);
  s.number = 1;
}
template <std::memory_order order>
void take_and_write(Shared& s) {
  if (s.flag.exchange(1, order) == 0) s.number = 1;
}
template <std::memory_order order>
void write_and_leave(Shared& s) {
  int free = 0;
  if (!s.flag.compare_exchange_strong(free, 1, std::memory_order_acquire, std::memory_order_relaxed)) return;
  s.number = 1;
  s.flag.store(0, order);
}

void write_and_post(Shared& s) {
  s.number = 1;
  ::sem_post(&s.semaphore);
}
void try_and_read(Shared& s) {
  if (::sem_trywait(&s.semaphore) == 0) use(s.number);
}

void count(Shared& s) { s.flag.fetch_add(1, std::memory_order_relaxed); }
void look_at_count(Shared& s) { use(s.flag.load(std::memory_order_relaxed)); }
void overwrite_count(Shared& s) { std::memset(static_cast<void*>(&s.flag), 0, sizeof s.flag); }

template <int begin>
void write_byte(Shared& s) {
  s.bytes[begin] = 1;
}
template <int begin, int size>
void fill(Shared& s) {
  std::memset(s.bytes + begin, 1, size);
}
template <int begin, int size>
void copy_out(Shared& s) {
  char copy[size];
  std::memcpy(copy, s.bytes + begin, size);
  use(copy[0]);
}

void write_record(Shared& s) { s.record = Record{{1}}; }
void write_last_word(Shared& s) { s.record.words[15] = 1; }

void write_low(Shared& s) { s.low = 1; }
void write_high(Shared& s) { s.high = 1; }
void write_apart(Shared& s) { s.apart = 1; }

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kAcquire = std::memory_order_acquire;
constexpr auto kRelease = std::memory_order_release;
constexpr auto kBoth = std::memory_order_acq_rel;

constexpr Program kPrograms[] = {
    {"TwoWrites", true, write, write},
    {"AWriteAndARead", true, write, read},
    {"TwoReads", false, read, read},
    {"NeighbouringBytes", false, write_byte<2>, write_byte<3>},
    {"TheSameByte", true, write_byte<2>, write_byte<2>},
    {"AByteOfWhatIsFilled", true, fill<0, 16>, write_byte<15>},
    {"AByteBesideWhatIsFilled", false, fill<0, 16>, write_byte<16>},
    {"ACopyOfWhatIsFilled", true, fill<0, 16>, copy_out<15, 16>},
    {"ACopyBesideWhatIsFilled", false, fill<0, 16>, copy_out<16, 16>},
    {"AWordOfAWholeStructure", true, write_record, write_last_word},
    {"BitFieldsSideBySide", true, write_low, write_high},
    {"BitFieldsApart", false, write_low, write_apart},
    {"OneMutex", false, write_locked<&Shared::mutex>, write_locked<&Shared::mutex>},
    {"TwoMutexes", true, write_locked<&Shared::mutex>, write_locked<&Shared::other_mutex>},
    {"AMutexOnOneSide", true, write_locked<&Shared::mutex>, read},
    {"AMutexTakenAfterwards", true, write_then_lock, lock_then_read},
    {"WritingAsAReader", true, write_with_readers, write_with_readers},
    {"WritingAsAWriter", false, write_without_readers, write_without_readers},
    {"ASemaphore", false, write_and_post, try_and_read},
    {"AReleaseAndAnAcquire", false, publish<kRelease>, look<kAcquire>},
    {"ARelaxedPublish", true, publish<kRelaxed>, look<kAcquire>},
    {"ARelaxedLook", true, publish<kRelease>, look<kRelaxed>},
    {"AnEarlyPublish", true, publish_early, look<kAcquire>},
    {"WhoeverComesFirst", false, take_and_write<kRelaxed>, take_and_write<kRelaxed>},
    {"OneAfterTheOther", false, write_and_leave<kRelease>, write_and_leave<kRelease>},
    {"OneAfterTheOtherRelaxed", true, write_and_leave<kRelaxed>, write_and_leave<kRelaxed>},
    {"AtomicsAlone", false, count, look_at_count},
    {"AnAtomicOverwritten", true, count, overwrite_count},
    {"ATakeAndALook", true, take_and_write<kBoth>, look<kAcquire>},
};

}  // namespace

std::span<const Program> programs() { return kPrograms; }

}  // namespace races
