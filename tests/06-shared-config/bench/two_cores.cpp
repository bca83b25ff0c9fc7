#include "two_cores.hpp"

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kTime{20};
constexpr int kBetweenLooksAtTheClock = 16;

std::pair<int, int> two_allowed_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  ::sched_getaffinity(0, sizeof allowed, &allowed);
  int first = -1;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &allowed)) continue;
    if (first >= 0) return {first, core};
    first = core;
  }
  throw std::runtime_error{"a benchmark of two sides needs two cores"};
}

/// Pins the calling thread, and asks that no ordinary program takes the core away meanwhile.
void stay_on(int core) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(core, &one);
  ::pthread_setaffinity_np(::pthread_self(), sizeof one, &one);
  sched_param lowest{};
  lowest.sched_priority = ::sched_get_priority_min(SCHED_FIFO);
  ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &lowest);
}

}  // namespace

Rates on_two_cores(const std::function<void()>& reader, const std::function<void()>& writer) {
  static const std::pair<int, int> kCores = two_allowed_cores();
  std::atomic<int> ready{0};
  const auto side = [&](int core, const std::function<void()>& work, double& rate) {
    stay_on(core);
    ready.fetch_add(1);
    while (ready.load() < 2) {
    }
    const auto begin = Clock::now();
    long count = 0;
    auto now = begin;
    for (; now < begin + kTime; now = Clock::now()) {
      for (int i = 0; i < kBetweenLooksAtTheClock; ++i) work();
      count += kBetweenLooksAtTheClock;
    }
    rate = static_cast<double>(count) / std::chrono::duration<double>(now - begin).count();
  };
  Rates rates;
  std::thread one{side, kCores.first, std::cref(reader), std::ref(rates.reads)};
  std::thread other{side, kCores.second, std::cref(writer), std::ref(rates.writes)};
  one.join();
  other.join();
  return rates;
}

}  // namespace bench
