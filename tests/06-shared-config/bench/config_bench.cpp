// make bench LAB=06: reads and writes per second of settings without a lock for readers, beside an rwlock and a plain
// mutex, one reader and one writer on two pinned cores. The machine is never quiet, so all take turns, round after
// round, and only ratios within a round count.
#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config.hpp"
#include "shm/error.hpp"
#include "shm/mapping.hpp"
#include "two_cores.hpp"

namespace bench {
namespace {

constexpr int kRounds = 15;
using Clock = std::chrono::steady_clock;
using Words = std::vector<lab::Word>;

shm::Mapping anonymous_shared(std::size_t size) {
  void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (address == MAP_FAILED) shm::throw_error(errno, "mmap");
  return {address, size};
}

shm::Deadline far_away() {
  static const auto kFar = shm::Deadline::after(std::chrono::hours{24});
  return kFar;
}

class Seq {
 public:
  explicit Seq(const Words& words) : config_{lab::SeqConfig::create(memory_.bytes(), words)} {}
  void read(Words& words) { config_.read(words); }
  void write(const Words& words) { config_.write(words); }

 private:
  shm::Mapping memory_{anonymous_shared(1 << 14)};
  lab::SeqConfig config_;
};

class Rw {
 public:
  explicit Rw(const Words& words) : config_{lab::RwConfig::create(memory_.bytes(), words)} {}
  void read(Words& words) { config_.read(words, far_away()); }
  void write(const Words& words) { config_.write(words, far_away()); }

 private:
  shm::Mapping memory_{anonymous_shared(1 << 14)};
  lab::RwConfig config_;
};

/// pthread_rwlock as it is by default: readers first, no clock to look at.
class BareRwlock {
 public:
  explicit BareRwlock(const Words& words) : words_{words} {
    pthread_rwlockattr_t attributes;
    ::pthread_rwlockattr_init(&attributes);
    ::pthread_rwlockattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    ::pthread_rwlock_init(&lock_, &attributes);
    ::pthread_rwlockattr_destroy(&attributes);
  }
  void read(Words& words) {
    ::pthread_rwlock_rdlock(&lock_);
    std::ranges::copy(words_, words.begin());
    ::pthread_rwlock_unlock(&lock_);
  }
  void write(const Words& words) {
    ::pthread_rwlock_wrlock(&lock_);
    std::ranges::copy(words, words_.begin());
    ::pthread_rwlock_unlock(&lock_);
  }

 private:
  pthread_rwlock_t lock_{};
  Words words_;
};

class Mutex {
 public:
  explicit Mutex(const Words& words) : words_{words} {
    pthread_mutexattr_t attributes;
    ::pthread_mutexattr_init(&attributes);
    ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    ::pthread_mutex_init(&mutex_, &attributes);
    ::pthread_mutexattr_destroy(&attributes);
  }
  void read(Words& words) {
    ::pthread_mutex_lock(&mutex_);
    std::ranges::copy(words_, words.begin());
    ::pthread_mutex_unlock(&mutex_);
  }
  void write(const Words& words) {
    ::pthread_mutex_lock(&mutex_);
    std::ranges::copy(words, words_.begin());
    ::pthread_mutex_unlock(&mutex_);
  }

 private:
  pthread_mutex_t mutex_{};
  Words words_;
};

void spin(std::chrono::nanoseconds time) {
  if (time == time.zero()) return;
  for (const auto end = Clock::now() + time; Clock::now() < end;) {
  }
}

template <typename Config>
Rates measure(std::size_t size, std::chrono::nanoseconds pause) {
  Words written(size, 1);
  Words read(size);
  Config config{written};
  return on_two_cores([&] { config.read(read); },
                      [&] {
                        ++written[0];
                        config.write(written);
                        spin(pause);
                      });
}

struct Entrant {
  const char* name;
  Rates (*measure)(std::size_t size, std::chrono::nanoseconds pause);
  std::vector<Rates> runs{};
};

double median(const std::vector<Rates>& runs, const std::function<double(std::size_t)>& of) {
  std::vector<double> values;
  for (std::size_t i = 0; i < runs.size(); ++i) values.push_back(of(i));
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

void race(std::size_t size, std::chrono::nanoseconds pause, const char* writer) {
  std::vector<Entrant> entrants{{"SeqConfig", measure<Seq>},
                                {"RwConfig", measure<Rw>},
                                {"pthread_rwlock", measure<BareRwlock>},
                                {"mutex", measure<Mutex>}};
  for (int round = 0; round < kRounds; ++round) {
    for (Entrant& entrant : entrants) entrant.runs.push_back(entrant.measure(size, pause));
  }
  std::printf("\n%4zu B, %-26s %12s %12s %22s\n", size * sizeof(lab::Word), writer, "reads/s, M", "writes/s, M",
              "reads of SeqConfig to");
  for (const Entrant& entrant : entrants) {
    const auto& runs = entrant.runs;
    const auto& ours = entrants.front().runs;
    std::printf("        %-26s %12.3f %12.3f %22.1f\n", entrant.name,
                median(runs, [&](std::size_t i) { return runs[i].reads; }) / 1e6,
                median(runs, [&](std::size_t i) { return runs[i].writes; }) / 1e6,
                median(runs, [&](std::size_t i) { return ours[i].reads / runs[i].reads; }));
  }
}

void run() {
  std::printf("Medians of %d rounds in which all took turns; on a busy machine only the ratios mean something.\n",
              kRounds);
  for (const std::size_t words : {std::size_t{8}, lab::kMostWords}) {
    race(words, std::chrono::nanoseconds{0}, "a writer without a pause");
    race(words, std::chrono::microseconds{10}, "a write in 10 us");
  }
}

}  // namespace
}  // namespace bench

int main() {
  try {
    bench::run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
  }
}
