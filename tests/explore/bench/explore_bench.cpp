// make bench-explore: how fast the explorer is, beside the floor: switching fibers as often, and nothing else. The
// two take turns, and what counts is the time of the processor, so that others on the machine disturb little.

#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <vector>

#include "../ring_of_two.hpp"
#include "explore/fiber.hpp"
#include "explore/scenario.hpp"
#include "shm/child.hpp"
#include "testing/crash_director.hpp"

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

// ---- Crash points: a process dies at each of a ring's, another takes what is left; the floor is as many bare forks
// ------

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

std::uint64_t sweep_the_ring() {
  using Ring = ring_of_two::Ring<ring_of_two::Mistake::kNone>;
  void* memory = nullptr;
  const auto ring = [&]() -> Ring& { return *static_cast<Ring*>(memory); };
  const judge::Crash crash{.prepare =
                               [&] {
                                 if (memory == nullptr) {
                                   memory = ::mmap(nullptr, sizeof(Ring), PROT_READ | PROT_WRITE,
                                                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
                                 }
                                 new (memory) Ring{};
                               },
                           .victim =
                               [&] {
                                 long item = 0;
                                 for (long number = 1; number <= 100; ++number) {
                                   static_cast<void>(ring().push(number));
                                   static_cast<void>(ring().pop(item));
                                 }
                               },
                           .survivor =
                               [&] {
                                 long item = 0;
                                 while (ring().pop(item)) explore::require(item > 0, "what is left is whole");
                               }};
  const auto result = judge::detail::CrashDirector{crash}.run();
  expect(result.at("complete").get<bool>() && !result.contains("story"), "the ring does not survive");
  return result.at("deaths").get<std::uint64_t>();
}

void fork_so_often(std::uint64_t times) {
  for (std::uint64_t i = 0; i < times; ++i) {
    auto child = shm::Child::run([] { return 0; });
    static_cast<void>(child.wait(shm::Deadline::after(std::chrono::seconds{10})));
  }
}

void measure_crashes() {
  std::vector<double> sweeping;
  std::vector<double> ratio;
  std::uint64_t deaths = 0;
  for (int round = 0; round < 5; ++round) {
    auto begin = Clock::now();
    deaths = sweep_the_ring();
    sweeping.push_back(static_cast<double>(deaths) / seconds_since(begin));
    begin = Clock::now();
    fork_so_often(2 * deaths);
    ratio.push_back(static_cast<double>(deaths) / seconds_since(begin) / sweeping.back());
  }
  std::printf("crash sweep            %10.0f crash points/s, of %llu; two bare forks for each: %.1f times as many\n",
              median(sweeping), static_cast<unsigned long long>(deaths), median(ratio));
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

  measure_crashes();
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
