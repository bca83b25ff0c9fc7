// Step 1: a queue in given memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include "support.hpp"

namespace {

using judge::lesson;
using judge::PrivateMemory;
using judge::random_between;
using judge::Returns;
using judge::subject;
using judge::ThrowsErrno;
using lab05::kItemSize;
using lab05::Numbers;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What create() in this memory throws; and it must have written nothing.
auto create_in(PrivateMemory& memory, std::span<std::byte> part, std::size_t capacity, std::size_t item_size) {
  return subject([&memory, part, capacity, item_size] {
    const auto before = memory.copy();
    try {
      static_cast<void>(lab::create(part, capacity, item_size));
    } catch (const std::system_error&) {
      if (memory.copy() != before) return std::string{"memory that was refused has been written to"};
      throw;
    }
    return std::string{"it took what it must refuse"};
  });
}

TEST(Create, SaysWhatItIs) {
  lesson(1, "who attaches must be able to tell a queue from anything else, and one layout from another");
  const std::size_t capacity = random_between(1, 50);
  EXPECT_THAT(subject([&] {
                const lab05::PrivateQueue made{capacity, kItemSize};
                const lab::Identity& identity = made.queue.identity();
                return Numbers{identity.magic.load(), identity.version, identity.capacity, identity.item_size};
              }),
              Returns(ElementsAre(lab::kMagic, lab::kVersion, capacity, kItemSize)));
}

TEST(Create, NeedsRoomForEveryItem) {
  lesson(1, "each item needs its bytes, whatever is in the queue besides");
  EXPECT_THAT(subject([] { return lab::bytes_for(1001, 500) - lab::bytes_for(1, 500); }),
              Returns(::testing::Ge(500'000U)));
}

TEST(Create, RefusesNoCapacityAndNoItemSize) {
  lesson(1, "a queue for nothing would be full and empty at once");
  PrivateMemory memory{1 << 14};
  EXPECT_THAT(create_in(memory, memory.bytes(), 0, kItemSize), ThrowsErrno(EINVAL));
  EXPECT_THAT(create_in(memory, memory.bytes(), 8, 0), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([] { return lab::bytes_for(0, kItemSize); }), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([] { return lab::bytes_for(8, 0); }), ThrowsErrno(EINVAL));
}

TEST(Create, RefusesASizeThatOverflows) {
  lesson(1, "capacity times item size wraps around, and a queue for 2^60 items seems to fit a page");
  PrivateMemory memory{1 << 14};
  const std::size_t wraps = std::numeric_limits<std::size_t>::max() / kItemSize + random_between(1, 40);
  EXPECT_THAT(create_in(memory, memory.bytes(), wraps, kItemSize), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([] { return lab::bytes_for(1, std::numeric_limits<std::size_t>::max()); }), ThrowsErrno(EINVAL));
}

TEST(Create, RefusesTooLittleMemory) {
  lesson(1, "one byte too few, and the last item lies in somebody else's memory");
  PrivateMemory memory{1 << 14};
  const auto capacity = random_between(1, 40);
  const auto outcome = subject([&] {
    const auto before = memory.copy();
    const std::size_t too_few = lab::bytes_for(capacity, kItemSize) - 1;
    try {
      static_cast<void>(lab::create(memory.bytes().first(too_few), capacity, kItemSize));
    } catch (const std::system_error& error) {
      const bool names_it = std::string{error.what()}.find(std::to_string(too_few)) != std::string::npos;
      return Numbers{static_cast<std::uint64_t>(error.code().value()), names_it, memory.copy() == before};
    }
    return Numbers{};
  });
  EXPECT_THAT(outcome, Returns(ElementsAre(EINVAL, 1, 1)))
      << "the error, whether its text has the size, memory unchanged";
}

TEST(Create, RefusesMemoryInAWrongPlace) {
  lesson(1, "a mutex needs its alignment, and nothing can lie at null");
  PrivateMemory memory{1 << 14};
  EXPECT_THAT(create_in(memory, memory.bytes().subspan(random_between(1, 63)), 4, kItemSize), ThrowsErrno(EINVAL));
  EXPECT_THAT(create_in(memory, std::span<std::byte>{}, 4, kItemSize), ThrowsErrno(EINVAL));
}

TEST(Create, NamesTheValueThatItRefuses) {
  lesson(1, "'invalid argument' alone helps nobody: which call, which value?");
  PrivateMemory memory{1 << 14};
  const auto outcome = create_in(memory, memory.bytes(), 0, kItemSize);
  EXPECT_THAT(outcome, ThrowsErrno(EINVAL));
  EXPECT_THAT(outcome.what, HasSubstr("0"));
}

constexpr auto kEachTimeNone = "each time it said so, and there was no queue";

/// Lets the first call fail, then the second one, and so on, until create() makes no more of them.
std::string let_each_fail(std::string_view call) {
  for (int nth = 1;; ++nth) {
    lab05::PrivateQueue made{3, kItemSize};
    const int before = judge::gate::calls(call);
    const std::string failed = "when call " + std::to_string(nth) + " of " + std::string{call} + " failed, ";
    judge::gate::fail(call, ENOMEM, nth);
    try {
      static_cast<void>(lab::create(made.memory.bytes(), 3, kItemSize));
      return judge::gate::calls(call) - before < nth ? kEachTimeNone : failed + "create() said that all is well";
    } catch (const std::system_error& error) {
      if (error.code().value() != ENOMEM) throw;
    }
    try {
      static_cast<void>(lab::attach(made.memory.bytes(), kItemSize));
      return failed + "attach() took what was half made for a queue";
    } catch (const std::system_error& error) {
      if (error.code().value() != EINVAL) throw;
    }
  }
}

TEST(Create, LeavesNoQueueWhenItFails) {
  lesson(1, "what lay here before may have looked like a queue: half a new one must not, whatever is missing");
  for (const std::string_view call : {"pthread_mutex_init", "pthread_cond_init"}) {
    EXPECT_THAT(subject([call] { return let_each_fail(call); }), Returns(kEachTimeNone));
  }
}

}  // namespace
