// make bench LAB=07: the lab's ring beside others, between two pinned cores. The machine is never quiet, so the rings
// take turns, round after round, runs in which the kernel took a core away are repeated, and only ratios within a round
// count.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "peers.hpp"
#include "shm/deadline.hpp"
#include "testing/bench/two_cores.hpp"

namespace bench {
namespace {

constexpr int kRounds = 21;
constexpr std::chrono::seconds kTimeForAll{40};  // on a busy machine there are fewer rounds
constexpr std::size_t kBatch = 32;
constexpr std::uint64_t kRoundTrips = 5'000;

/// One ring at one task; `measure` runs it once.
struct Entrant {
  std::string name;
  std::function<Run()> measure;
  std::vector<Run> runs{};
};

void expect(std::uint64_t seen, std::uint64_t wanted) {
  if (seen == wanted) return;
  std::fprintf(stderr, "item %llu came instead of %llu\n", static_cast<unsigned long long>(seen),
               static_cast<unsigned long long>(wanted));
  std::abort();
}

template <template <typename> class Ring, typename T>
Run one_by_one(std::uint64_t items) {
  const auto ring = std::make_unique<Ring<T>>();
  return on_two_cores(
      [&] {
        T item{};
        for (std::uint64_t i = 0; i < items; ++i) {
          item.words[0] = i;
          use(item);
          while (!ring->push(item)) pause();
        }
      },
      [&] {
        T item{};
        for (std::uint64_t i = 0; i < items; ++i) {
          while (!ring->pop(item)) pause();
          use(item);
          expect(item.words[0], i);
        }
      });
}

template <template <typename> class Ring, typename T>
Run in_batches(std::uint64_t items) {
  const auto ring = std::make_unique<Ring<T>>();
  return on_two_cores(
      [&] {
        std::vector<T> batch(kBatch);
        for (std::uint64_t i = 0; i < items; i += kBatch) {
          for (std::size_t k = 0; k < kBatch; ++k) batch[k].words[0] = i + k;
          use(batch);
          std::span<const T> rest{batch};
          while (!rest.empty()) {
            const std::size_t count = ring->push_many(rest);
            if (count == 0) pause();
            rest = rest.subspan(count);
          }
        }
      },
      [&] {
        std::vector<T> batch(kBatch);
        for (std::uint64_t i = 0; i < items;) {
          const std::size_t count = ring->pop_many(batch);
          use(batch);
          if (count == 0) pause();
          for (std::size_t k = 0; k < count; ++k) expect(batch[k].words[0], i + k);
          i += count;
        }
      });
}

template <typename Ring>
Run round_trips() {
  struct Pair {
    Ring there;
    Ring back;
  };
  const auto rings = std::make_unique<Pair>();
  return on_two_cores(
      [&] {
        for (std::uint64_t i = 0; i < kRoundTrips; ++i) {
          lab::Small item{{i}};
          (void)rings->there.push(item);
          while (!rings->back.pop(item)) {
          }
          expect(item.words[0], i);
        }
      },
      [&] {
        lab::Small item{};
        for (std::uint64_t i = 0; i < kRoundTrips; ++i) {
          while (!rings->there.pop(item)) {
          }
          (void)rings->back.push(item);
        }
      });
}

template <typename T>
std::vector<Entrant> item_race(std::uint64_t items) {
  return {{Ours<T>::kName, [=] { return one_by_one<Ours, T>(items); }},
          {Boost<T>::kName, [=] { return one_by_one<Boost, T>(items); }},
          {Moodycamel<T>::kName, [=] { return one_by_one<Moodycamel, T>(items); }},
          {Textbook<T>::kName, [=] { return one_by_one<Textbook, T>(items); }}};
}

template <typename T>
std::vector<Entrant> batch_race(std::uint64_t items) {
  return {{Ours<T>::kName, [=] { return in_batches<Ours, T>(items); }},
          {Boost<T>::kName, [=] { return in_batches<Boost, T>(items); }},
          {Moodycamel<T>::kName, [=] { return in_batches<Moodycamel, T>(items); }},
          {Textbook<T>::kName, [=] { return in_batches<Textbook, T>(items); }}};
}

std::vector<Entrant> latency_race() {
  return {{"lab::SpscRing", round_trips<Ours<lab::Small>>},
          {BareLine::kName, round_trips<BareLine>},
          {"boost::lockfree", round_trips<Boost<lab::Small>>},
          {"moodycamel", round_trips<Moodycamel<lab::Small>>},
          {"textbook", round_trips<Textbook<lab::Small>>}};
}

Run undisturbed(const std::function<Run()>& measure, const shm::Deadline& deadline) {
  constexpr int kAttempts = 4;
  Run run = measure();
  for (int i = 1; run.disturbed && i < kAttempts && !deadline.passed(); ++i) run = measure();
  return run;
}

struct Race {
  const char* task;
  std::uint64_t items;
  std::vector<Entrant> entrants;
};

/// How many times faster ours is than the best of the others.
double to_best_peer(const Entrant& ours, const std::vector<Entrant>& all) {
  double least = 0;
  for (const Entrant& entrant : all) {
    if (entrant.name == ours.name) continue;
    const double ratio = median_speedup(ours.runs, entrant.runs);
    if (least == 0 || ratio < least) least = ratio;
  }
  return least;
}

void print_throughput(const Race& race, const Race& same_one_by_one) {
  const Entrant& ours = race.entrants.front();
  std::printf("%-18s", race.task);
  for (const Entrant& entrant : race.entrants) {
    std::printf(" %15.2f", static_cast<double>(race.items) / median_seconds(entrant.runs) / 1e6);
  }
  std::printf(" %11.2f %13.2f\n", to_best_peer(ours, race.entrants), to_best_peer(ours, same_one_by_one.entrants));
}

void print_latency(const Race& race) {
  const Entrant& bare = race.entrants[1];
  std::printf("\n%-18s %15s %15s\n", "round trip, 8 B", "ns", "of bare line");
  for (const Entrant& entrant : race.entrants) {
    std::printf("%-18s %15.0f %15.2f\n", entrant.name.c_str(),
                median_seconds(entrant.runs) / static_cast<double>(race.items) * 1e9,
                median_speedup(bare.runs, entrant.runs));
  }
}

void run() {
  constexpr std::uint64_t kSmall = 400'000 / kBatch * kBatch;
  constexpr std::uint64_t kLine = 100'000 / kBatch * kBatch;
  constexpr std::uint64_t kBlock = 20'000 / kBatch * kBatch;
  std::vector<Race> races;
  races.push_back({"8 B", kSmall, item_race<lab::Small>(kSmall)});
  races.push_back({"64 B", kLine, item_race<lab::Line>(kLine)});
  races.push_back({"1 KiB", kBlock, item_race<lab::Block>(kBlock)});
  races.push_back({"8 B, by 32", kSmall, batch_race<lab::Small>(kSmall)});
  races.push_back({"64 B, by 32", kLine, batch_race<lab::Line>(kLine)});
  races.push_back({"1 KiB, by 32", kBlock, batch_race<lab::Block>(kBlock)});
  races.push_back({"round trip", kRoundTrips, latency_race()});
  const auto deadline = shm::Deadline::after(kTimeForAll);
  int rounds = 0;
  for (; rounds < kRounds && !deadline.passed(); ++rounds) {
    for (Race& race : races) {
      for (Entrant& entrant : race.entrants) entrant.runs.push_back(undisturbed(entrant.measure, deadline));
    }
  }

  std::printf(
      "Medians of %d rounds in which all took turns; on a busy machine only the ratios mean something.\n\n%-18s",
      rounds, "million items/s");
  for (const Entrant& entrant : races.front().entrants) std::printf(" %15s", entrant.name.c_str());
  std::printf(" %11s %13s\n", "/best peer", "/best by one");
  const std::size_t sizes = races.size() / 2;
  for (std::size_t i = 0; i < 2 * sizes; ++i) print_throughput(races[i], races[i % sizes]);
  print_latency(races.back());
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
