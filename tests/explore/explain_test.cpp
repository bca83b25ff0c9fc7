// What is said of other faults than orders that are too weak, and which steps are marked.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <string>

#include "explain.hpp"

namespace {

using explain::between;
using explain::look;
using explain::Mail;
using explain::marked;
using explore::explore;
using explore::Fault;
using explore::require;
using explore::Scenario;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Explanation, OfWhatIsPublishedTooEarly) {
  const auto result = between(
      [](Mail& mail) {
        mail.flag.store(1, std::memory_order_release);
        mail.value = 42;
      },
      [](Mail& mail) {
        if (mail.flag.load(std::memory_order_acquire) == 1) look(mail);
      });
  EXPECT_THAT(result, FailsWith(Fault::kRace));
  EXPECT_THAT(result.because,
              StartsWith("What receiver has read of sender's was stored before this access of sender's"));
  EXPECT_THAT(marked(result), ElementsAre("sender: writes 4 bytes", "receiver: reads 42"));
}

TEST(Explanation, OfASlotThatIsGivenBackTooEarly) {
  const auto result = between(
      [](Mail& mail) {  // reads the slot after it has given it back
        mail.flag.store(1, std::memory_order_release);
        require(mail.value == 0, "nobody has written yet");
      },
      [](Mail& mail) {
        if (mail.flag.load(std::memory_order_acquire) == 1) mail.value = 42;
      });
  EXPECT_THAT(result, FailsWith(Fault::kRace));
  EXPECT_THAT(result.because, HasSubstr("published, or given back, too early"));
  EXPECT_THAT(marked(result), ElementsAre("sender: reads 0", "receiver: writes 4 bytes"));
}

TEST(Explanation, OfTwoThatHaveNothingInCommon) {
  const auto result = between([](Mail& mail) { mail.value = 1; }, [](Mail& mail) { mail.value = 2; });
  EXPECT_THAT(result, FailsWith(Fault::kRace));
  EXPECT_EQ(result.because,
            "Nothing that receiver has read or locked came from sender after its access, so the two may happen at the "
            "same time.");
  EXPECT_THAT(marked(result), ElementsAre("sender: writes 4 bytes", "receiver: writes 4 bytes"));
}

TEST(Explanation, OfAnAtomicAccessToPlainMemory) {
  const auto result = between([](Mail& mail) { mail.value = 1; },
                              [](Mail& mail) { std::atomic_ref{mail.value}.store(2, std::memory_order_release); });
  EXPECT_THAT(result, FailsWith(Fault::kRace));
  EXPECT_THAT(result.because, StartsWith("Nothing that receiver has read or locked"));
  EXPECT_THAT(marked(result), ElementsAre("sender: writes 4 bytes", "receiver: accesses it as an atomic"));
}

TEST(Explanation, OfAPlainAccessToAnAtomic) {
  const auto result = between([](Mail& mail) { std::atomic_ref{mail.value}.store(2, std::memory_order_release); },
                              [](Mail& mail) {
                                mail.flag.store(1);  // so that it comes second
                                mail.value = 1;
                              });
  EXPECT_THAT(result, FailsWith(Fault::kRace));
  EXPECT_THAT(result.because, StartsWith("Nothing that receiver has read or locked"));
  EXPECT_THAT(marked(result), ElementsAre("sender: writes 2", "receiver: writes 4 bytes"));
}

TEST(Explanation, OfValuesThatAreOld) {
  const auto result = explore([](Scenario& s) {
    auto& left = s.make<std::atomic<int>>(0);
    auto& right = s.make<std::atomic<int>>(0);
    auto& missed = s.keep<std::array<bool, 2>>();
    s.thread("left", [&] {
      left.store(1, std::memory_order_release);
      missed[0] = right.load(std::memory_order_acquire) == 0;
    });
    s.thread("right", [&] {
      right.store(1, std::memory_order_release);
      missed[1] = left.load(std::memory_order_acquire) == 0;
    });
    s.finally([&] { require(!missed[0] || !missed[1], "one of the two sees the other"); });
  });
  EXPECT_THAT(result, FailsWith(Fault::kBroken));
  EXPECT_THAT(result.because, StartsWith("A load may return a value that has been overwritten already"));
  EXPECT_THAT(marked(result), ElementsAre("end: this does not hold"));
}

TEST(Explanation, OfAnotherThatComesInBetween) {
  const auto result = explore([](Scenario& s) {
    auto& count = s.make<std::atomic<int>>(0);
    for (const char* name : {"left", "right"}) s.thread(name, [&] { count.store(count.load() + 1); });
    s.finally([&] { require(count.load() == 2, "each adds one"); });
  });
  EXPECT_THAT(result, FailsWith(Fault::kBroken));
  EXPECT_EQ(result.because, "Between any two steps of one thread, the others may make all of theirs.");
}

// ---- Waiting
// ---------------------------------------------------------------------------------------------------------

struct Door {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_open = false;
};

explore::Result at_the_door(void (*waits)(Door&), void (*opens)(Door&), int waiters = 1) {
  return explore([=](Scenario& s) {
    auto& door = s.make<Door>();
    const std::array names{"waiter", "other waiter"};
    for (int i = 0; i < waiters; ++i) s.thread(names[static_cast<std::size_t>(i)], [&door, waits] { waits(door); });
    s.thread("porter", [&door, opens] { opens(door); });
  });
}

void wait_until_open(Door& door) {
  std::unique_lock lock{door.mutex};
  while (!door.is_open) door.changed.wait(lock);
}

TEST(Explanation, OfASignalBeforeTheChange) {
  const auto result = at_the_door(wait_until_open, [](Door& door) {
    door.changed.notify_one();
    const std::lock_guard lock{door.mutex};
    door.is_open = true;
  });
  EXPECT_THAT(result, FailsWith(Fault::kDeadlock));
  EXPECT_THAT(result.because, StartsWith("A signal wakes those who wait already; nobody keeps it"));
  EXPECT_THAT(marked(result), Contains(StartsWith("porter: wakes one who waits")));
  EXPECT_THAT(marked(result), Contains("waiter: unlocks the mutex and waits"));
}

TEST(Explanation, OfASignalBeforeAnybodyWaits) {
  const auto result = at_the_door(
      [](Door& door) {
        std::unique_lock lock{door.mutex};
        door.changed.wait(lock);  // without a look
      },
      [](Door& door) {
        const std::lock_guard lock{door.mutex};
        door.is_open = true;
        door.changed.notify_all();
      });
  EXPECT_THAT(result, FailsWith(Fault::kDeadlock));
  EXPECT_THAT(result.because, StartsWith("A signal wakes those who wait already; nobody keeps it"));
  EXPECT_THAT(marked(result), Contains("porter: wakes all who wait: nobody"));
}

TEST(Explanation, OfASignalThatNobodyGives) {
  const auto result = at_the_door(wait_until_open, [](Door& door) {
    const std::lock_guard lock{door.mutex};
    door.is_open = true;
  });
  EXPECT_THAT(result, FailsWith(Fault::kDeadlock));
  EXPECT_EQ(result.because, "Who waits at a condition variable sleeps until somebody signals, and nobody does.");
  EXPECT_THAT(marked(result), Contains("waiter: unlocks the mutex and waits"));
}

TEST(Explanation, OfOneSignalForTwo) {
  const auto result = at_the_door(
      wait_until_open,
      [](Door& door) {
        const std::lock_guard lock{door.mutex};
        door.is_open = true;
        door.changed.notify_one();
      },
      2);
  EXPECT_THAT(result, FailsWith(Fault::kDeadlock));
  EXPECT_THAT(result.because, StartsWith("A signal wakes one of those who wait"));
}

TEST(Explanation, OfAWaitForAnAtomicThatNobodyNotifies) {
  const auto result = between([](Mail& mail) { mail.flag.wait(0); }, [](Mail& mail) { mail.flag.store(1); });
  EXPECT_THAT(result, FailsWith(Fault::kDeadlock));
  EXPECT_THAT(result.because, StartsWith("A store alone wakes nobody"));
}

TEST(Explanation, OfTwoThatWaitForEachOther) {
  const auto result = explore([](Scenario& s) {
    auto& first = s.make<std::mutex>();
    auto& second = s.make<std::mutex>();
    s.thread("left", [&] {
      const std::lock_guard one{first};
      const std::lock_guard other{second};
    });
    s.thread("right", [&] {
      const std::lock_guard one{second};
      const std::lock_guard other{first};
    });
  });
  EXPECT_THAT(result, FailsWith(Fault::kDeadlock));
  EXPECT_EQ(result.because, "Each waits for what another would have to do first.");
}

TEST(Explanation, OfOneThatLooksForEver) {
  const auto result = between(
      [](Mail& mail) {
        while (mail.flag.load() == 0) {
        }
      },
      [](Mail&) {});
  EXPECT_THAT(result, FailsWith(Fault::kLivelock));
  EXPECT_THAT(result.because, EndsWith("nobody is left who would change them."));
}

TEST(Explanation, OfNothingIsEmpty) {
  const auto result = between([](Mail&) {}, [](Mail&) {});
  EXPECT_THAT(result, IsProven());
  EXPECT_EQ(result.because, "");
  EXPECT_THAT(result.steps, ::testing::IsEmpty());
}

}  // namespace
