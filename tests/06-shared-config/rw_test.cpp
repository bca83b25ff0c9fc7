// Step 2: settings behind a read-write lock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>

#include "support.hpp"
#include "testing/deadlines.hpp"
#include "testing/memory.hpp"
#include "testing/watched.hpp"

namespace {

using judge::far_away;
using judge::lesson;
using judge::Returns;
using judge::ReturnsNormally;
using judge::SharedMemory;
using judge::start;
using judge::subject;
using lab::RwConfig;
using lab06::kTimedOut;
using lab06::kWords;
using lab06::Numbers;
using lab06::read;
using lab06::RwPeer;
using lab06::write;
using ::testing::ElementsAre;

using PrivateRw = lab06::Private<RwConfig>;

TEST(RwConfig, BeginsWithVersionOne) {
  lesson(2, "what is made is the first version: whoever reads before anybody has written finds it");
  EXPECT_THAT(subject([] { return read(PrivateRw{}.config, far_away()); }), Returns(1U));
}

TEST(RwConfig, CountsItsVersions) {
  lesson(2, "a version is its settings and its number, and both change under the same lock");
  EXPECT_THAT(subject([] {
                const PrivateRw made{lab::kMostWords};
                Numbers seen;
                for (std::uint64_t number = 2; number <= 4; ++number) {
                  seen.push_back(write(made.config, number, far_away()));
                  seen.push_back(read(made.config, far_away()));
                }
                return seen;
              }),
              Returns(ElementsAre(2, 2, 3, 3, 4, 4)));
}

TEST(RwConfig, ShowsAVisitorWhatItReads) {
  lesson(2, "a visitor looks at the settings where they lie: number and words of one version, and all of them");
  EXPECT_THAT(subject([] {
                const PrivateRw made;
                static_cast<void>(write(made.config, 2, far_away()));
                Numbers seen;
                made.config.visit(
                    [&](std::span<const lab::Word> words, lab::Version version) {
                      seen = {words.size(), lab06::number_of(words), version};
                    },
                    far_away());
                return seen;
              }),
              Returns(ElementsAre(kWords, 2, 2)));
}

TEST(RwConfig, RefusesSettingsOfAnotherSize) {
  lesson(2, "a word too many lies behind the settings, or behind the memory");
  EXPECT_THAT(subject([] {
                const PrivateRw made;
                Numbers seen;
                for (const std::size_t words : {kWords - 1, kWords + 1}) {
                  Numbers settings(words, 7);
                  try {
                    made.config.write(settings, far_away());
                  } catch (const std::system_error& error) {
                    seen.push_back(static_cast<std::uint64_t>(error.code().value()));
                  }
                  try {
                    made.config.read(settings, far_away());
                  } catch (const std::system_error& error) {
                    seen.push_back(static_cast<std::uint64_t>(error.code().value()));
                  }
                  seen.push_back(settings == Numbers(words, 7));
                }
                seen.push_back(read(made.config, far_away()));
                return seen;
              }),
              Returns(ElementsAre(EINVAL, EINVAL, 1, EINVAL, EINVAL, 1, 1)));
}

TEST(RwConfig, IsSharedByProcesses) {
  lesson(2, "a lock without PTHREAD_PROCESS_SHARED wakes those of its own process only: the others sleep on");
  const SharedMemory memory;
  ASSERT_THAT(lab06::make<RwConfig>(memory), ReturnsNormally());
  lab06::Reader reader{memory};
  const judge::Watched waiting;
  auto writer = start([&] {
    const RwPeer peer{memory};
    const auto deadline = shm::Deadline::after(judge::patience(std::chrono::seconds{2}));
    waiting.here();
    return Numbers{write(peer.config, 2, deadline), deadline.passed()};
  });
  waiting.await_sleep();
  EXPECT_THAT(reader.go(), ReturnsNormally());
  EXPECT_THAT(writer.outcome(), Returns(ElementsAre(2, 0)))
      << "the version that was written" << lab06::or_what() << ", and whether its deadline has passed (1)";
  EXPECT_THAT(subject([&] { return read(RwPeer{memory}.config, far_away()); }), Returns(2U));
}

TEST(RwConfig, LetsReadersInTogether) {
  lesson(2, "readers do not disturb each other: that is all that a read-write lock is for");
  const SharedMemory memory;
  ASSERT_THAT(lab06::make<RwConfig>(memory), ReturnsNormally());
  lab06::Reader reader{memory};
  EXPECT_THAT(subject([&] { return read(RwPeer{memory}.config, judge::soon()); }), Returns(1U));
  EXPECT_THAT(reader.go(), ReturnsNormally());
}

TEST(RwConfig, IsUnlockedWhenAVisitorThrows) {
  lesson(2, "every way out of a function must unlock, also the one by an exception");
  EXPECT_THAT(subject([] {
                const PrivateRw made;
                try {
                  made.config.visit([](auto, auto) { throw std::runtime_error{"the visitor has seen a mouse"}; },
                                    far_away());
                } catch (const std::runtime_error&) {
                  return write(made.config, 2, judge::soon());
                }
                return kTimedOut;
              }),
              Returns(2U))
      << "the version that was written after the visitor has thrown" << lab06::or_what();
}

TEST(RwConfig, DoesNotStarveItsWriters) {
  lesson(2,
         "by default a reader gets in whenever another one is in there, and with enough of them no writer ever does: "
         "PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP, for PTHREAD_RWLOCK_PREFER_WRITER_NP does nothing");
  const SharedMemory memory;
  ASSERT_THAT(lab06::make<RwConfig>(memory), ReturnsNormally());
  lab06::Reader reader{memory};
  const judge::Watched waiting;
  auto writer = start([&] {
    const RwPeer peer{memory};
    waiting.here();
    return write(peer.config, 2, far_away());
  });
  waiting.await_sleep();
  EXPECT_THAT(subject([&] { return read(RwPeer{memory}.config, judge::soon()); }), lab06::TimesOut())
      << "a reader, while another is in there and a writer waits: it must wait, too. Any other number is the version "
         "that it got";
  EXPECT_THAT(reader.go(), ReturnsNormally());
  EXPECT_THAT(writer.outcome(), Returns(2U));
}

}  // namespace
