// Steps 1 and 4: to find what another process has made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <functional>
#include <thread>

#include "support.hpp"

namespace {

using judge::lesson;
using judge::PrivateMemory;
using judge::Returns;
using judge::ReturnsNormally;
using judge::subject;
using judge::ThrowsErrno;
using lab::RwConfig;
using lab::SeqConfig;
using lab06::kWords;

/// What attach() says to settings after `damage`.
template <typename Config>
auto attach_after(const std::function<void(lab::Identity&)>& damage, std::size_t words = kWords) {
  return subject([&] {
    const lab06::Private<Config> made;
    damage(made.config.identity());
    static_cast<void>(Config::attach(made.memory.bytes(), words));
  });
}

template <typename Config>
void finds_it_in_another_process() {
  const judge::SharedMemory memory;
  ASSERT_THAT(lab06::make<Config>(memory), ReturnsNormally());
  EXPECT_THAT(subject([&] {
                const lab06::Peer<Config> peer{memory};
                return peer.config.memory().data() == peer.mapping.data() ? peer.config.identity().words : 0;
              }),
              Returns(kWords));
}

template <typename Config>
void refuses_what_is_something_else(std::uint64_t other_magic) {
  EXPECT_THAT(subject([] {
                const PrivateMemory rubbish{1 << 14};
                static_cast<void>(Config::attach(rubbish.bytes(), kWords));
              }),
              ThrowsErrno(EINVAL));
  EXPECT_THAT(attach_after<Config>([&](lab::Identity& identity) { identity.magic = other_magic; }),
              ThrowsErrno(EINVAL));
}

template <typename Config>
void refuses_another_layout() {
  EXPECT_THAT(attach_after<Config>([](lab::Identity& identity) { ++identity.layout; }), ThrowsErrno(EINVAL));
}

template <typename Config>
void refuses_another_number_of_words() {
  EXPECT_THAT(attach_after<Config>([](lab::Identity&) {}, kWords - 1), ThrowsErrno(EINVAL));
  for (const std::size_t words : {std::size_t{0}, std::size_t{40}, lab::kMostWords + 1}) {
    EXPECT_THAT(attach_after<Config>(
                    [words](lab::Identity& identity) {
                      identity.words = words;
                      if (words == 40 && Config::bytes_for(words) <= Config::bytes_for(kWords)) identity.magic = 0;
                    },
                    words),
                ThrowsErrno(EINVAL))
        << words << " words, in the memory of " << kWords;
  }
}

template <typename Config>
void refuses_to_attach_in_a_wrong_place() {
  EXPECT_THAT(subject([] { static_cast<void>(Config::attach({}, kWords)); }), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([] {
                const PrivateMemory memory{1 << 14};
                static_cast<void>(Config::create(memory.bytes(), lab06::settings_of(1)));
                const auto moved = memory.bytes().subspan(8);
                std::memmove(moved.data(), memory.bytes().data(), Config::bytes_for(kWords));
                static_cast<void>(Config::attach(moved, kWords));
              }),
              ThrowsErrno(EINVAL));
}

template <typename Config>
void reads_nothing_beyond_its_memory() {
  EXPECT_THAT(subject([] {
                const PrivateMemory small{4};
                static_cast<void>(Config::attach(small.bytes(), kWords));
              }),
              ThrowsErrno(EINVAL));
}

/// One thread creates, another attaches: later, yet nothing but the magic number puts the two in an order. What is
/// found.
template <typename Config>
auto attached_beside_the_creator() {
  return subject([] {
    const lab06::Private<Config> made;  // once in this thread, whose exceptions are told
    static_cast<void>(Config::attach(made.memory.bytes(), kWords));
    const PrivateMemory memory{Config::bytes_for(kWords)};
    std::atomic<bool> is_made{false};  // relaxed: so it is in time, but to ThreadSanitizer in no order
    std::uint64_t words = 0;
    std::thread creator{[&] {
      static_cast<void>(Config::create(memory.bytes(), lab06::settings_of(1)));
      is_made.store(true, std::memory_order_relaxed);
    }};
    std::thread attaching{[&] {
      while (!is_made.load(std::memory_order_relaxed)) ::syscall(SYS_sched_yield);  // the bare call, which is no gate
      words = Config::attach(memory.bytes(), kWords).identity().words;
    }};
    creator.join();
    attaching.join();
    return words;
  });
}

TEST(RwAttach, FindsItInAnotherProcess) {
  lesson(1, "all that a process needs to know stands in the memory itself");
  finds_it_in_another_process<RwConfig>();
}
TEST(RwAttach, RefusesWhatIsSomethingElse) {
  lesson(1, "any file can be mapped; only the magic number says what lies there");
  refuses_what_is_something_else<RwConfig>(lab::kSeqMagic);
}
TEST(RwAttach, RefusesAnotherLayout) {
  lesson(1, "a program of yesterday may still run: its layout is another one");
  refuses_another_layout<RwConfig>();
}
TEST(RwAttach, RefusesAnotherNumberOfWords) {
  lesson(1, "what stands in the memory was written by another process: compare it with what you have");
  refuses_another_number_of_words<RwConfig>();
}
TEST(RwAttach, RefusesMemoryInAWrongPlace) {
  lesson(1, "the caller's mapping may have failed, or be another one");
  refuses_to_attach_in_a_wrong_place<RwConfig>();
}
TEST(RwAttach, ReadsNothingBeyondItsMemory) {
  lesson(1, "of four bytes of memory one may not even read the magic number");
  reads_nothing_beyond_its_memory<RwConfig>();
}
TEST(RwAttach, SeesAllThatCameBeforeTheMagicNumber) {
  lesson(1,
         "the magic number says that the rest is there only if its store is a release and the load of who attaches an "
         "acquire: with one of them relaxed, its bytes may come before those of the rest");
  EXPECT_THAT(attached_beside_the_creator<RwConfig>(), Returns(kWords));
}
TEST(SeqAttach, FindsItInAnotherProcess) {
  lesson(4, "all that a process needs to know stands in the memory itself");
  finds_it_in_another_process<SeqConfig>();
}
TEST(SeqAttach, RefusesWhatCannotBe) {
  lesson(4, "all that could be wrong with the memory is wrong one day");
  refuses_what_is_something_else<SeqConfig>(lab::kRwMagic);
  refuses_another_layout<SeqConfig>();
  refuses_another_number_of_words<SeqConfig>();
  refuses_to_attach_in_a_wrong_place<SeqConfig>();
  reads_nothing_beyond_its_memory<SeqConfig>();
}
TEST(SeqAttach, SeesAllThatCameBeforeTheMagicNumber) {
  lesson(4, "the store of the magic number is a release, its load an acquire: else it may be seen before the rest");
  EXPECT_THAT(attached_beside_the_creator<SeqConfig>(), Returns(kWords));
}

}  // namespace
