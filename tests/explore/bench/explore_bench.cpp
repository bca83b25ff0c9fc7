// make bench-explore: how fast the explorer is, beside the floor: switching fibers as often, and nothing else. The
// two take turns, and what counts is the time of the processor, so that others on the machine disturb little.

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <vector>

#include "../ring_of_two.hpp"
#include "explore/fiber.hpp"
#include "explore/scenario.hpp"

namespace {

using explore::detail::Fiber;

constexpr int kRounds = 11;
constexpr std::uint64_t kLong = 1'000'000;  // executions, for what grows with their number

double processor_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <typename Work>
double seconds_of(Work work) {
  const double begin = processor_seconds();
  work();
  return processor_seconds() - begin;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double peak_mebibytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void expect(bool it_is_so, const char* what) {
  if (!it_is_so) throw std::runtime_error{what};
}

// ---- The ring: two threads, three items, room for two --------------------------------------------------------------

struct Proof {
  std::uint64_t executions = 0;
  std::uint64_t switches = 0;
};

Proof prove_the_ring() {
  const std::uint64_t before = Fiber::switches();
  const auto result = explore::explore(ring_of_two::three_items<ring_of_two::Mistake::kNone>);
  expect(result.fault == explore::Fault::kNone && result.complete, "the ring is not proven");
  return {result.executions, Fiber::switches() - before};
}

void explore_for_long() {
  explore::Effort effort;
  effort.executions = kLong;
  effort.strategy = explore::Strategy::kRandom;
  const auto result = explore::explore(ring_of_two::three_items<ring_of_two::Mistake::kNone>, effort);
  expect(result.fault == explore::Fault::kNone && result.executions == kLong, "the long exploration ended early");
}

// ---- The floor: there and back
// ---------------------------------------------------------------------------------------

Fiber* here = nullptr;
Fiber* there = nullptr;

void always_back() {
  for (;;) there->switch_to(*here);
}

void switch_so_often(std::uint64_t times) {
  Fiber main;
  Fiber other{always_back};
  here = &main;
  there = &other;
  for (std::uint64_t i = 0; i < times; i += 2) main.switch_to(other);
}

void run() {
  Proof proof;
  std::vector<double> exploring;
  std::vector<double> switching;
  std::vector<double> ratio;
  for (int round = 0; round < kRounds; ++round) {
    exploring.push_back(seconds_of([&] { proof = prove_the_ring(); }));
    switching.push_back(seconds_of([&] { switch_so_often(proof.switches); }));
    ratio.push_back(exploring.back() / switching.back());
  }
  const auto executions = static_cast<double>(proof.executions);
  std::printf("The ring of two: 2 threads, 3 items. Medians of %d rounds, processor time of one core.\n\n", kRounds);
  std::printf("whole proof            %10.0f executions in %.3f s\n", executions, median(exploring));
  std::printf("explorer               %10.0f executions/s\n", executions / median(exploring));
  std::printf("floor: bare switches   %10.0f executions/s, %.1f times as many (%.1f switches an execution)\n",
              executions / median(switching), median(ratio), static_cast<double>(proof.switches) / executions);

  // ---- Crash points: here

  const double before = peak_mebibytes();
  explore_for_long();
  std::printf("peak resident memory   %10.1f MiB, and %.1f MiB after %llu more executions\n", before, peak_mebibytes(),
              static_cast<unsigned long long>(kLong));
}

}  // namespace

int main() {
  try {
    run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
  }
}
