// Steps 4 and 5: settings without a lock for those who read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <thread>

#include "support.hpp"
#include "testing/memory.hpp"

namespace {

using judge::lesson;
using judge::Returns;
using judge::ReturnsNormally;
using judge::SharedMemory;
using judge::start;
using judge::subject;
using lab::SeqConfig;
using lab06::kWords;
using lab06::Numbers;
using lab06::read;
using lab06::SeqPeer;
using lab06::write;
using ::testing::ElementsAre;

using PrivateSeq = lab06::Private<SeqConfig>;

TEST(SeqConfig, BeginsWithVersionOne) {
  lesson(4, "what is made is the first version: whoever reads before anybody has written finds it");
  EXPECT_THAT(subject([] {
                return Numbers{read(PrivateSeq{}.config), read(PrivateSeq{lab::kMostWords}.config)};
              }),
              Returns(ElementsAre(1, 1)));
}

TEST(SeqConfig, IsReadFromReadOnlyMemory) {
  lesson(4, "who writes nothing, no counter and no lock, can leave nothing behind when it dies");
  const SharedMemory memory;
  ASSERT_THAT(lab06::make<SeqConfig>(memory), ReturnsNormally());
  EXPECT_THAT(subject([&] {
                const auto mapping = memory.map_read_only();
                return read(SeqConfig::attach(mapping.bytes(), kWords));
              }),
              Returns(1U));
}

TEST(SeqConfig, IsReadOnlyInItsOwnSize) {
  lesson(4, "a word too many lies in the other copy, or behind the memory");
  EXPECT_THAT(subject([] {
                const PrivateSeq made;
                Numbers seen;
                for (const std::size_t words : {kWords - 1, kWords + 1}) {
                  Numbers settings(words, 7);
                  try {
                    made.config.read(settings);
                  } catch (const std::system_error& error) {
                    seen.push_back(static_cast<std::uint64_t>(error.code().value()));
                  }
                  seen.push_back(settings == Numbers(words, 7));
                }
                return seen;
              }),
              Returns(ElementsAre(EINVAL, 1, EINVAL, 1)));
}

TEST(SeqConfig, CountsItsVersions) {
  lesson(5, "one store publishes a version: before it there is the old one, after it the new one");
  EXPECT_THAT(subject([] {
                const PrivateSeq made{lab::kMostWords};
                Numbers seen;
                for (std::uint64_t number = 2; number <= 4; ++number) {
                  seen.push_back(write(made.config, number));
                  seen.push_back(read(made.config));
                }
                return seen;
              }),
              Returns(ElementsAre(2, 2, 3, 3, 4, 4)));
}

TEST(SeqConfig, IsWrittenOnlyInItsOwnSize) {
  lesson(5, "check before you lock: whoever is refused has changed nothing, and holds nothing");
  EXPECT_THAT(subject([] {
                const PrivateSeq made;
                Numbers seen;
                for (const std::size_t words : {kWords - 1, kWords + 1}) {
                  try {
                    made.config.write(Numbers(words, 7));
                  } catch (const std::system_error& error) {
                    seen.push_back(static_cast<std::uint64_t>(error.code().value()));
                  }
                }
                seen.push_back(read(made.config));
                seen.push_back(write(made.config, 2));
                return seen;
              }),
              Returns(ElementsAre(EINVAL, EINVAL, 1, 2)));
}

/// Reads until the last version has come: how often something was wrong.
Numbers read_up_to(const SeqConfig& config, std::uint64_t last) {
  std::uint64_t torn = 0;
  std::uint64_t back = 0;
  for (std::uint64_t newest = 0; newest < last;) {
    const auto seen = read(config);
    torn += seen == lab06::kTorn ? 1 : 0;
    if (seen == lab06::kTorn) continue;
    back += seen < newest ? 1 : 0;
    newest = seen;
  }
  return {torn, back};
}

// Two threads on one mapping, for ThreadSanitizer sees neither two processes nor two mappings of one object.
TEST(SeqConfig, OfTwoThreadsHasNoPlainAccess) {
  lesson(5,
         "a copy by memcpy is a data race, even if it is thrown away afterwards: words that others write are atomics");
  const std::uint64_t last = judge::as_many_as_suits(4'000);
  EXPECT_THAT(subject([last] {
                const PrivateSeq made;
                std::thread writer{[&] {
                  for (std::uint64_t number = 2; number <= last; ++number)
                    static_cast<void>(write(made.config, number));
                }};
                const Numbers seen = read_up_to(made.config, last);
                writer.join();
                return seen;
              }),
              Returns(ElementsAre(0, 0)));
}

TEST(SeqConfig, IsWholeInOtherProcesses) {
  lesson(5, "each reader sees whole versions, and never an older one than before");
  const SharedMemory memory;
  ASSERT_THAT(lab06::make<SeqConfig>(memory), ReturnsNormally());
  const std::uint64_t last = judge::as_many_as_suits(40'000);
  judge::Rendezvous both_there;
  auto reader = start([&] {
    const SeqPeer peer{memory};
    both_there.meet(2);
    return read_up_to(peer.config, last);
  });
  auto writer = start([&] {
    const SeqPeer peer{memory};
    both_there.meet(2);
    std::uint64_t number = 1;
    while (number < last && write(peer.config, number + 1) == number + 1) ++number;
    return number;
  });
  EXPECT_THAT(writer.outcome(), Returns(last));
  EXPECT_THAT(reader.outcome(), Returns(ElementsAre(0, 0)));
}

}  // namespace
