// make bench LAB=08: the newest value, read as fast as one can while another writes as fast as it can, on two pinned
// cores. The machine is never quiet, so all take turns, round after round, and only ratios within a round count.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
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

constexpr int kRounds = 15;
constexpr std::chrono::seconds kTimeForAll{20};
constexpr std::uint64_t kReads = 20'000;

struct Entrant {
  std::string name;
  std::function<Run(std::uint64_t&)> measure;  // also how often was written
  std::vector<Run> runs{};
  std::vector<double> writes{};  // million/s
};

template <typename Peer, std::size_t kBytes>
Run read_beside_a_writer(std::uint64_t& writes) {
  const auto peer = std::make_unique<Peer>();
  std::atomic<bool> over{false};
  return on_two_cores(
      [&] {
        Value<kBytes> value{};
        for (std::uint64_t i = 0; i < kReads; ++i) {
          peer->read(value);
          use(value);
        }
        over.store(true, std::memory_order_relaxed);
      },
      [&] {
        Value<kBytes> value{};
        for (writes = 0; !over.load(std::memory_order_relaxed); ++writes) {
          value[0] = writes;
          use(value);
          peer->write(value);
        }
      });
}

template <std::size_t kBytes>
std::vector<Entrant> entrants() {
  return {{"pthread_rwlock", read_beside_a_writer<Locked<ReadWriteLock, kBytes>, kBytes>},
          {"mutex", read_beside_a_writer<Locked<Mutex, kBytes>, kBytes>},
          {"lab::seqlock", read_beside_a_writer<Ours<lab::Kind::kSeqlock, kBytes>, kBytes>},
          {"lab::triple", read_beside_a_writer<Ours<lab::Kind::kTriple, kBytes>, kBytes>}};
}

void print(const char* size, const std::vector<Entrant>& all) {
  std::printf("%-8s %-16s %18s %18s %16s %16s\n", size, "", "million reads/s", "million writes/s", "reads / rwlock's",
              "reads / mutex's");
  for (const Entrant& one : all) {
    std::printf("%-8s %-16s %18.2f %18.2f %16.2f %16.2f\n", "", one.name.c_str(),
                static_cast<double>(kReads) / median_seconds(one.runs) / 1e6, median(one.writes),
                median_speedup(one.runs, all[0].runs), median_speedup(one.runs, all[1].runs));
  }
}

void run() {
  auto line = entrants<64>();
  auto block = entrants<1024>();
  const auto deadline = shm::Deadline::after(kTimeForAll);
  int rounds = 0;
  for (; rounds < kRounds && (rounds == 0 || !deadline.passed()); ++rounds) {
    for (auto* const all : {&line, &block}) {
      for (Entrant& one : *all) {
        std::uint64_t writes = 0;
        one.runs.push_back(one.measure(writes));
        one.writes.push_back(static_cast<double>(writes) / one.runs.back().seconds / 1e6);
      }
    }
  }
  std::printf("Medians of %d rounds in which all took turns; on a busy machine only the ratios mean something.\n\n",
              rounds);
  print("64 B", line);
  print("1 KiB", block);
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
