#pragma once

#include <atomic>
#include <cstdint>
#include <stdexcept>

#include "testing/shared.hpp"

namespace judge {

/// Somebody did not come: thrown in a subject when its rendezvous' deadline passed, with what it waited for.
struct NobodyCame : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// How processes (or threads) take turns without sleeping: a counter that only grows. Make it in the judge, before the
/// subjects start. Each wait has a deadline of patience(5 s) and throws NobodyCame when it passes.
class Rendezvous {
 public:
  /// Adds one arrival and wakes who waits.
  void arrive();
  /// Waits until there were at least `arrivals` in all.
  void await(std::uint32_t arrivals) const;
  /// The same, but false instead of an exception when the deadline passes.
  [[nodiscard]] bool try_await(std::uint32_t arrivals) const;
  /// arrive(), then await(parties): all go on together. For one meeting; make another Rendezvous for the next.
  void meet(std::uint32_t parties) {
    arrive();
    await(parties);
  }
  [[nodiscard]] std::uint32_t arrivals() const { return count_->load(std::memory_order_acquire); }

 private:
  Shared<std::atomic<std::uint32_t>> count_;
};

/// Arrives when it goes out of scope, however that comes: nobody waits for one that has ended.
class ArrivesAtTheEnd {
 public:
  explicit ArrivesAtTheEnd(Rendezvous& rendezvous) : rendezvous_{rendezvous} {}
  ArrivesAtTheEnd(const ArrivesAtTheEnd&) = delete;
  ArrivesAtTheEnd& operator=(const ArrivesAtTheEnd&) = delete;
  ~ArrivesAtTheEnd() { rendezvous_.arrive(); }

 private:
  Rendezvous& rendezvous_;
};

}  // namespace judge
