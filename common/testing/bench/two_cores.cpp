#include "testing/bench/two_cores.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

namespace bench {
namespace {

std::pair<int, int> two_allowed_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  ::sched_getaffinity(0, sizeof allowed, &allowed);
  std::vector<int> cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &allowed)) cores.push_back(core);
  }
  if (cores.size() < 2) throw std::runtime_error{"a benchmark of two sides needs two cores"};
  return {cores[0], cores[1]};
}

/// Pins the calling thread, and asks that no ordinary program takes the core away for the few milliseconds of a run.
/// Where that is refused (it takes privileges), disturbed runs are known by their interruptions.
void stay_on(int core) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(core, &one);
  ::pthread_setaffinity_np(::pthread_self(), sizeof one, &one);
  sched_param lowest{};
  lowest.sched_priority = ::sched_get_priority_min(SCHED_FIFO);
  ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &lowest);
}

long times_interrupted() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nivcsw;
}

using Clock = std::chrono::steady_clock;

const std::pair<int, int>& cores() {
  static const std::pair<int, int> kCores = two_allowed_cores();
  return kCores;
}

}  // namespace

Run on_two_cores(const std::function<void()>& first, const std::function<void()>& second) {
  std::atomic<int> ready{0};
  std::atomic<bool> alone{false};
  std::atomic<bool> disturbed{false};
  Clock::time_point begin;
  Clock::time_point end[2];
  const auto side = [&](int index, int core, const std::function<void()>& work) {
    stay_on(core);
    ready.fetch_add(1);
    while (ready.load() < 2) {
      if (alone.load()) return;
      pause();
    }
    const long before = times_interrupted();
    if (index == 0) begin = Clock::now();
    work();
    end[index] = Clock::now();
    if (times_interrupted() != before) disturbed = true;
  };
  std::jthread one{side, 0, cores().first, std::cref(first)};
  try {
    std::jthread other{side, 1, cores().second, std::cref(second)};
  } catch (...) {
    alone = true;  // the machine has no thread left: nobody will come
    throw;
  }
  one.join();
  return {std::chrono::duration<double>(std::max(end[0], end[1]) - begin).count(), disturbed};
}

Rates rates_on_two_cores(const std::function<void()>& first, const std::function<void()>& second) {
  static constexpr std::chrono::milliseconds kTime{20};
  static constexpr int kBetweenLooksAtTheClock = 16;
  const auto over_and_over = [](const std::function<void()>& work, double& rate) {
    long count = 0;
    const auto begin = Clock::now();
    auto now = begin;
    for (; now < begin + kTime; now = Clock::now()) {
      for (int i = 0; i < kBetweenLooksAtTheClock; ++i) work();
      count += kBetweenLooksAtTheClock;
    }
    rate = static_cast<double>(count) / std::chrono::duration<double>(now - begin).count();
  };
  Rates rates;
  static_cast<void>(
      on_two_cores([&] { over_and_over(first, rates.first); }, [&] { over_and_over(second, rates.second); }));
  return rates;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double median_seconds(const std::vector<Run>& runs) {
  std::vector<double> calm;
  std::vector<double> all;
  for (const Run& run : runs) {
    all.push_back(run.seconds);
    if (!run.disturbed) calm.push_back(run.seconds);
  }
  return median(calm.empty() ? all : calm);
}

double median_speedup(const std::vector<Run>& ours, const std::vector<Run>& theirs) {
  std::vector<double> calm;
  std::vector<double> all;
  for (std::size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i) {
    all.push_back(theirs[i].seconds / ours[i].seconds);
    if (!ours[i].disturbed && !theirs[i].disturbed) calm.push_back(all.back());
  }
  return median(calm.empty() ? all : calm);
}

}  // namespace bench
