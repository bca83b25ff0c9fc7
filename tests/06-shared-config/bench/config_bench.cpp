// make bench LAB=06: reads and writes per second of settings without a lock for readers, beside an rwlock and a plain
// mutex, one reader and one writer on two pinned cores. The machine is never quiet, so all take turns, round after
// round, and only ratios within a round count.
#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config.hpp"
#include "shm/mapping.hpp"
#include "testing/bench/locks.hpp"
#include "testing/bench/shared_memory.hpp"
#include "testing/bench/two_cores.hpp"

namespace bench {
namespace {

constexpr int kRounds = 15;
using Clock = std::chrono::steady_clock;
using Words = std::vector<lab::Word>;

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

/// Settings under a lock, and no clock to look at.
template <typename Lock>
class Bare {
 public:
  explicit Bare(const Words& words) : words_{words} { lock_.make(); }
  void read(Words& words) {
    lock_.for_reading();
    std::ranges::copy(words_, words.begin());
    lock_.release();
  }
  void write(const Words& words) {
    lock_.for_writing();
    std::ranges::copy(words, words_.begin());
    lock_.release();
  }

 private:
  Lock lock_{};
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
  return rates_on_two_cores([&] { config.read(read); },
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

double median_of(std::size_t rounds, const std::function<double(std::size_t)>& of) {
  std::vector<double> values;
  for (std::size_t i = 0; i < rounds; ++i) values.push_back(of(i));
  return median(values);
}

void race(std::size_t size, std::chrono::nanoseconds pause, const char* writer) {
  std::vector<Entrant> entrants{{"SeqConfig", measure<Seq>},
                                {"RwConfig", measure<Rw>},
                                {"pthread_rwlock", measure<Bare<ReadWriteLock>>},
                                {"mutex", measure<Bare<Mutex>>}};
  for (int round = 0; round < kRounds; ++round) {
    for (Entrant& entrant : entrants) entrant.runs.push_back(entrant.measure(size, pause));
  }
  std::printf("\n%4zu B, %-26s %12s %12s %22s\n", size * sizeof(lab::Word), writer, "reads/s, M", "writes/s, M",
              "reads of SeqConfig to");
  for (const Entrant& entrant : entrants) {
    const auto& runs = entrant.runs;
    const auto& ours = entrants.front().runs;
    std::printf("        %-26s %12.3f %12.3f %22.1f\n", entrant.name,
                median_of(runs.size(), [&](std::size_t i) { return runs[i].first; }) / 1e6,
                median_of(runs.size(), [&](std::size_t i) { return runs[i].second; }) / 1e6,
                median_of(runs.size(), [&](std::size_t i) { return ours[i].first / runs[i].first; }));
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
