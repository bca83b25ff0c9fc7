// Step 0: what does this machine do? The experiments are the judge's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>

#include "predictions.hpp"
#include "shm/deadline.hpp"
#include "support.hpp"
#include "testing/prediction.hpp"
#include "testing/shared.hpp"
#include "textbook.hpp"

namespace {

using judge::experiment;
using judge::Happens;
using judge::lesson;
using judge::predicted;
using lab::Answer;
using lab::kPredictions;

struct Line {
  std::array<std::uint64_t, 8> words;
};

/// The textbook's buffer, with words that are atomic, so that the compiler does as we say.
struct RealTextbook {
  std::array<std::array<std::atomic<std::uint64_t>, 8>, 2> slots;
  std::atomic<std::uint64_t> active;
};

/// Whether a reader gets parts of two values within the time; the writer is a process of its own.
bool tears(RealTextbook& buffer, std::chrono::milliseconds time) {
  judge::Shared<std::atomic<bool>> over;
  auto writer = judge::start([&] {
    for (std::uint64_t value = 1; !over->load(); ++value) {
      const std::uint64_t inactive = 1 - buffer.active.load();
      for (auto& word : buffer.slots[inactive]) word.store(value, std::memory_order_relaxed);
      buffer.active.store(inactive);
    }
  });
  bool torn = false;
  for (const auto deadline = shm::Deadline::after(time); !torn && !deadline.passed();) {
    for (int i = 0; i < 1000 && !torn; ++i) {
      const auto& slot = buffer.slots[buffer.active.load()];
      const std::uint64_t first = slot[0].load(std::memory_order_acquire);
      torn = slot[7].load(std::memory_order_relaxed) != first;
    }
  }
  over->store(true);
  static_cast<void>(writer.outcome());
  return torn;
}

TEST(Predict, SixtyFourBytesOfATextbookBuffer) {
  lesson(0, "while the reader copies, the writer may flip and come round again: then it writes where the reader is");
  const judge::Shared<RealTextbook> buffer;
  const auto torn = experiment([&] { return tears(*buffer, std::chrono::seconds{4}); });
  EXPECT_THAT(predicted([] { return kPredictions.sixty_four_bytes_of_a_textbook_buffer; }),
              Happens(torn.value.value_or(false) ? Answer::kIsTornAtTimes : Answer::kIsAlwaysWhole));
}

TEST(Predict, OneWordOfATextbookBuffer) {
  lesson(0,
         "the slot that it looks into may hold the next value already, not yet published; the next look finds the old "
         "one");
  using enum lab::Turn;
  lab::Textbook buffer;
  std::uint64_t before = 0;
  bool went_back = false;
  for (const auto turn :
       {kReader, kWriter, kWriter, kWriter, kWriter, kWriter, kReader, kReader, kReader, kReader, kReader}) {
    if (!buffer.step(turn)) continue;
    went_back = went_back || buffer.last_read().first < before;
    before = buffer.last_read().first;
  }
  EXPECT_THAT(predicted([] { return kPredictions.one_word_of_a_textbook_buffer; }),
              Happens(went_back ? Answer::kGoesBackAtTimes : Answer::kNeverGoesBack));
}

TEST(Predict, AnAtomicOfSixtyFourBytes) {
  lesson(0,
         "no processor stores 64 bytes at once; the library takes a lock, in a table that each process has for itself");
  EXPECT_THAT(predicted([] { return kPredictions.an_atomic_of_sixty_four_bytes; }),
              Happens(std::atomic<Line>::is_always_lock_free ? Answer::kIsLockFree : Answer::kTakesALock));
}

TEST(Predict, HalfAValueWhoseWriterWasKilled) {
  lesson(0, "shared memory knows no transactions: what was stored stays, whatever became of the one who stored it");
  const judge::Shared<Line> value;
  static_cast<void>(experiment([&] {
    std::memset(&*value, 1, sizeof(Line) / 2);
    ::raise(SIGKILL);
  }));
  EXPECT_THAT(predicted([] { return kPredictions.half_a_value_whose_writer_was_killed; }),
              Happens(value->words[0] != 0 ? Answer::kKeepsWhatWasWritten : Answer::kIsUndone));
}

}  // namespace
