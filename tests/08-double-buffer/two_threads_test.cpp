// Steps 3 and 4: two threads on one mapping, for ThreadSanitizer. Nothing but the buffer puts them in an order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "support.hpp"

namespace {

using judge::lesson;
using judge::Returns;
using lab08::Kind;

// The bare call: sched_yield is a gate, whose counter would put the threads in an order and hide a race.
void give_way() { ::syscall(SYS_sched_yield); }

/// Both sides at once; whether the reader has seen nothing but whole values.
auto at_once(Kind kind) {
  return judge::subject([kind] {
    const lab08::PrivateBuffer made{kind, 64};
    std::thread writer{[&] {
      lab08::Side side{kind, made.buffer, 64};
      for (std::uint64_t number = 1; number <= 400; ++number) {
        side.write(number);
        if (number % 4 == 0) give_way();
      }
    }};
    bool whole = true;
    std::thread reader{[&] {
      lab08::Side side{kind, made.buffer, 64};
      std::uint64_t before = 0;
      for (int i = 0; i < 20'000 && before < 400; ++i) {
        const std::uint64_t seen = side.read();
        whole = whole && seen >= before && seen <= 400;
        before = seen;
        give_way();
      }
    }};
    writer.join();
    reader.join();
    return whole;
  });
}

/// A reader that tells nobody when it has read value 1, and 2 after it; and a writer, who comes round to both their
/// slots.
auto read_and_overwritten(Kind kind) {
  return judge::subject([kind] {
    const lab08::PrivateBuffer made{kind, 64};
    lab08::Side first{kind, made.buffer, 64};
    first.write(1);
    std::atomic<int> read{0};  // relaxed: so all is in time, but to ThreadSanitizer in no order
    std::uint64_t seen = 0;
    std::thread reader{[&] {
      lab08::Side side{kind, made.buffer, 64};
      for (const std::uint64_t number : {1, 2}) {
        while (seen < number) seen = side.read();
        read.fetch_add(1, std::memory_order_relaxed);
      }
    }};
    std::thread writer{[&] {
      lab08::Side side{kind, made.buffer, 64};
      const auto await = [&](int number) {
        while (read.load(std::memory_order_relaxed) != number) give_way();
      };
      await(1);
      side.write(2);
      await(2);  // now a triple buffer's reader has given the slot of value 1 back
      for (std::uint64_t number = 3; number <= 6; ++number) side.write(number);
    }};
    reader.join();
    writer.join();
    return seen;
  });
}

TEST(TwoThreads, ShareASeqlockWithoutARace) {
  lesson(3, "who copies what another writes needs atomics, word by word: a plain copy is a race, validated or not");
  EXPECT_THAT(read_and_overwritten(Kind::kSeqlock), Returns(2U)) << lab08::mistakes();
  EXPECT_THAT(at_once(Kind::kSeqlock), Returns(true));
}

TEST(TwoThreads, ShareATripleBufferWithoutARace) {
  lesson(4, "a slot changes hands by a release and an acquire, in both directions");
  EXPECT_THAT(read_and_overwritten(Kind::kTriple), Returns(2U)) << lab08::mistakes();
  EXPECT_THAT(at_once(Kind::kTriple), Returns(true));
}

}  // namespace
