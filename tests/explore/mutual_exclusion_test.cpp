// Known ways to keep each other out, as they should be and as they are often written. What goes wrong in a broken one
// is a race on what the section guards.

#include <gtest/gtest.h>

#include <atomic>

#include "variants.hpp"

namespace {

using explore::Fault;
using explore::Scenario;

// Two threads, each so often in the critical section, which adds 1.
template <typename Lock>
void count_under(Scenario& s, int rounds) {
  struct State {
    Lock lock;
    int count = 0;
  };
  auto& state = s.make<State>();
  for (int thread = 0; thread < 2; ++thread) {
    s.thread(thread == 0 ? "left" : "right", [&, thread, rounds] {
      for (int i = 0; i < rounds; ++i) {
        state.lock.lock(thread);
        ++state.count;
        state.lock.unlock(thread);
      }
    });
  }
  s.finally([&, rounds] { explore::require(state.count == 2 * rounds, "each entry is counted"); });
}

template <typename Lock>
auto two_threads(int rounds = 1) {
  return [rounds](Scenario& s) { count_under<Lock>(s, rounds); };
}

// With their sizes, for the table.
constexpr const char* kPeterson = "Peterson, 2 threads, 1 entry each";
constexpr const char* kDekker = "Dekker, 2 threads, 1 entry each";
constexpr const char* kSpinLock = "spin lock, 2 threads, 2 entries each";
constexpr const char* kTicketLock = "ticket lock, 2 threads, 2 entries each";

enum class WrongLock { kNothing, kRelaxedFlag, kRelaxedLook, kTurnFirst, kRelaxedTake, kRelaxedGiveBack, kNotAtOnce };

// ---- Peterson's and Dekker's, for two threads, of loads and stores alone
// ----------------------------------------------------
template <WrongLock wrong>
class Peterson {
 public:
  void lock(int me) {
    if (wrong == WrongLock::kTurnFirst) turn_.store(1 - me);
    wants_[me].store(true, wrong == WrongLock::kRelaxedFlag ? std::memory_order_release : std::memory_order_seq_cst);
    if (wrong != WrongLock::kTurnFirst) {
      turn_.store(1 - me, wrong == WrongLock::kRelaxedFlag ? std::memory_order_release : std::memory_order_seq_cst);
    }
    constexpr auto kLook = wrong == WrongLock::kRelaxedLook ? std::memory_order_relaxed : std::memory_order_seq_cst;
    while (wants_[1 - me].load(kLook) && turn_.load(kLook) == 1 - me) {
    }
  }
  void unlock(int me) {
    wants_[me].store(false,
                     wrong == WrongLock::kRelaxedGiveBack ? std::memory_order_relaxed : std::memory_order_seq_cst);
  }

 private:
  std::atomic<bool> wants_[2] = {};
  std::atomic<int> turn_{0};
};

TEST(MutualExclusion, OfPeterson) {
  EXPECT_THAT(variant(kPeterson, kRight, two_threads<Peterson<WrongLock::kNothing>>()), IsProven());
}

TEST(MutualExclusion, OfPetersonNeedsSequentialConsistency) {
  EXPECT_THAT(variant(kPeterson, "stores with release only", two_threads<Peterson<WrongLock::kRelaxedFlag>>()),
              FailsWith(Fault::kRace));
  EXPECT_THAT(variant(kPeterson, "relaxed look", two_threads<Peterson<WrongLock::kRelaxedLook>>()),
              FailsWith(Fault::kRace));
}

TEST(MutualExclusion, OfPetersonSaysThatItWantsBeforeItGivesWay) {
  EXPECT_THAT(
      variant(kPeterson, "gives way before it says that it wants", two_threads<Peterson<WrongLock::kTurnFirst>>()),
      FailsWith(Fault::kRace));
}

TEST(MutualExclusion, OfPetersonLeavesWithARelease) {
  EXPECT_THAT(variant(kPeterson, "relaxed way out", two_threads<Peterson<WrongLock::kRelaxedGiveBack>>()),
              FailsWith(Fault::kRace));
}

template <WrongLock wrong>
class Dekker {
 public:
  void lock(int me) {
    constexpr auto kOrder = wrong == WrongLock::kRelaxedFlag ? std::memory_order_acq_rel : std::memory_order_seq_cst;
    constexpr auto kStore = wrong == WrongLock::kRelaxedFlag ? std::memory_order_release : std::memory_order_seq_cst;
    constexpr auto kLoad = kOrder == std::memory_order_acq_rel || wrong == WrongLock::kRelaxedLook
                               ? std::memory_order_acquire
                               : std::memory_order_seq_cst;
    wants_[me].store(true, kStore);
    while (wants_[1 - me].load(kLoad)) {
      if (turn_.load(kLoad) == me) continue;
      wants_[me].store(false, kStore);
      while (turn_.load(kLoad) != me) {
      }
      wants_[me].store(true, kStore);
    }
  }
  void unlock(int me) {
    turn_.store(1 - me);
    wants_[me].store(false,
                     wrong == WrongLock::kRelaxedGiveBack ? std::memory_order_relaxed : std::memory_order_seq_cst);
  }

 private:
  std::atomic<bool> wants_[2] = {};
  std::atomic<int> turn_{0};
};

TEST(MutualExclusion, OfDekker) {
  EXPECT_THAT(variant(kDekker, kRight, two_threads<Dekker<WrongLock::kNothing>>()), IsProven());
}

TEST(MutualExclusion, OfDekkerNeedsSequentialConsistency) {
  EXPECT_THAT(variant(kDekker, "stores with release only", two_threads<Dekker<WrongLock::kRelaxedFlag>>()),
              FailsWith(Fault::kRace));
  EXPECT_THAT(variant(kDekker, "relaxed look", two_threads<Dekker<WrongLock::kRelaxedLook>>()),
              FailsWith(Fault::kRace));
}

TEST(MutualExclusion, OfDekkerLeavesWithARelease) {
  EXPECT_THAT(variant(kDekker, "relaxed way out", two_threads<Dekker<WrongLock::kRelaxedGiveBack>>()),
              FailsWith(Fault::kRace));
}

// ---- Locks made of read-modify-writes
// ---------------------------------------------------------------------------------------
template <WrongLock wrong>
class SpinLock {
 public:
  void lock(int) {
    if (wrong == WrongLock::kNotAtOnce) {
      while (taken_.load(std::memory_order_acquire)) {
      }
      taken_.store(true, std::memory_order_relaxed);
      return;
    }
    while (taken_.exchange(true,
                           wrong == WrongLock::kRelaxedTake ? std::memory_order_relaxed : std::memory_order_acquire)) {
    }
  }
  void unlock(int) {
    taken_.store(false, wrong == WrongLock::kRelaxedGiveBack ? std::memory_order_relaxed : std::memory_order_release);
  }

 private:
  std::atomic<bool> taken_{false};
};

TEST(MutualExclusion, OfASpinLock) {
  EXPECT_THAT(variant(kSpinLock, kRight, two_threads<SpinLock<WrongLock::kNothing>>(2)), IsProven());
}

TEST(MutualExclusion, OfASpinLockLooksAndTakesAtOnce) {
  EXPECT_THAT(variant(kSpinLock, "looks, then takes", two_threads<SpinLock<WrongLock::kNotAtOnce>>(2)),
              FailsWith(Fault::kRace));
}

TEST(MutualExclusion, OfASpinLockAcquiresAndReleases) {
  EXPECT_THAT(variant(kSpinLock, "relaxed take", two_threads<SpinLock<WrongLock::kRelaxedTake>>(2)),
              FailsWith(Fault::kRace));
  EXPECT_THAT(variant(kSpinLock, "relaxed way out", two_threads<SpinLock<WrongLock::kRelaxedGiveBack>>(2)),
              FailsWith(Fault::kRace));
}

template <WrongLock wrong>
class TicketLock {
 public:
  void lock(int) {
    unsigned mine = 0;
    if (wrong == WrongLock::kNotAtOnce) {
      mine = next_.load(std::memory_order_relaxed);
      next_.store(mine + 1, std::memory_order_relaxed);
    } else {
      mine = next_.fetch_add(1, std::memory_order_relaxed);
    }
    while (served_.load(wrong == WrongLock::kRelaxedLook ? std::memory_order_relaxed : std::memory_order_acquire) !=
           mine) {
    }
  }
  void unlock(int) {
    served_.store(served_.load(std::memory_order_relaxed) + 1,
                  wrong == WrongLock::kRelaxedGiveBack ? std::memory_order_relaxed : std::memory_order_release);
  }

 private:
  std::atomic<unsigned> next_{0};
  std::atomic<unsigned> served_{0};
};

TEST(MutualExclusion, OfATicketLock) {
  EXPECT_THAT(variant(kTicketLock, kRight, two_threads<TicketLock<WrongLock::kNothing>>(2)), IsProven());
}

TEST(MutualExclusion, OfATicketLockDrawsAtOnce) {
  EXPECT_THAT(variant(kTicketLock, "looks, then takes", two_threads<TicketLock<WrongLock::kNotAtOnce>>(2)),
              FailsWith(Fault::kLivelock));
}

TEST(MutualExclusion, OfATicketLockAcquiresAndReleases) {
  EXPECT_THAT(variant(kTicketLock, "relaxed look", two_threads<TicketLock<WrongLock::kRelaxedLook>>(2)),
              FailsWith(Fault::kRace));
  EXPECT_THAT(variant(kTicketLock, "relaxed way out", two_threads<TicketLock<WrongLock::kRelaxedGiveBack>>(2)),
              FailsWith(Fault::kRace));
}

}  // namespace
