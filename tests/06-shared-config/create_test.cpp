// Steps 1 and 4: settings in given memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include "support.hpp"

namespace {

using judge::lesson;
using judge::PrivateMemory;
using judge::random_between;
using judge::Returns;
using judge::subject;
using judge::ThrowsErrno;
using lab::RwConfig;
using lab::SeqConfig;
using lab06::Numbers;
using ::testing::ElementsAre;

/// What create() in this memory throws; and it must have written nothing.
template <typename Config>
auto create_in(PrivateMemory& memory, std::span<std::byte> part, std::size_t words) {
  return subject([&memory, part, words] {
    const auto before = memory.copy();
    try {
      static_cast<void>(Config::create(part, lab06::settings_of(1, words)));
    } catch (const std::system_error&) {
      if (memory.copy() != before) return std::string{"memory that was refused has been written to"};
      throw;
    }
    return std::string{"it took what it must refuse"};
  });
}

template <typename Config>
void says_what_it_is(std::uint64_t magic) {
  const std::size_t words = random_between(1, lab::kMostWords);
  EXPECT_THAT(subject([&] {
                const lab06::Private<Config> made{words};
                const lab::Identity& identity = made.config.identity();
                return Numbers{identity.magic, identity.layout, identity.words};
              }),
              Returns(ElementsAre(magic, lab::kLayout, words)));
}

template <typename Config>
void refuses_no_words_and_too_many() {
  PrivateMemory memory{1 << 14};
  for (const std::size_t words : {std::size_t{0}, lab::kMostWords + 1}) {
    const auto outcome = create_in<Config>(memory, memory.bytes(), words);
    EXPECT_THAT(outcome, ThrowsErrno(EINVAL));
    EXPECT_THAT(outcome.what, ::testing::HasSubstr(std::to_string(words)));
    EXPECT_THAT(subject([&] { return Config::bytes_for(words); }), ThrowsErrno(EINVAL));
  }
}

template <typename Config>
void refuses_too_little_memory() {
  PrivateMemory memory{1 << 14};
  const std::size_t words = random_between(1, 50);
  const auto needed = subject([&] { return Config::bytes_for(words); });
  ASSERT_THAT(needed, Returns(::testing::Ge(sizeof(lab::Identity) + words * sizeof(lab::Word))));
  const auto outcome = create_in<Config>(memory, memory.bytes().first(*needed.value - 1), words);
  EXPECT_THAT(outcome, ThrowsErrno(EINVAL));
  EXPECT_THAT(outcome.what, ::testing::HasSubstr(std::to_string(*needed.value - 1)));
}

template <typename Config>
void refuses_to_create_in_a_wrong_place() {
  PrivateMemory memory{1 << 14};
  EXPECT_THAT(create_in<Config>(memory, memory.bytes().subspan(random_between(1, 63)), 4), ThrowsErrno(EINVAL));
  EXPECT_THAT(create_in<Config>(memory, std::span<std::byte>{}, 4), ThrowsErrno(EINVAL));
}

template <typename Config>
void leaves_nothing_when_it_fails() {
  EXPECT_THAT(subject([] {
                const lab06::Private<Config> made;
                for (const char* call : {"pthread_rwlock_init", "pthread_mutex_init", "pthread_cond_init"}) {
                  judge::gate::fail(call, ENOMEM);
                }
                try {
                  static_cast<void>(Config::create(made.memory.bytes(), lab06::settings_of(1)));
                } catch (const std::system_error& error) {
                  if (error.code().value() != ENOMEM) throw;
                  static_cast<void>(Config::attach(made.memory.bytes(), lab06::kWords));
                  return std::string{"it attached to what is half made"};
                }
                if (judge::gate::calls("pthread_rwlock_init") + judge::gate::calls("pthread_mutex_init") > 0) {
                  return std::string{"it said that all is well"};
                }
                shm::throw_error(EINVAL, "it needs none of these calls");
              }),
              ThrowsErrno(EINVAL));
}

TEST(RwCreate, SaysWhatItIs) {
  lesson(1, "who attaches must be able to tell settings from anything else, and one layout from another");
  says_what_it_is<RwConfig>(lab::kRwMagic);
}
TEST(RwCreate, RefusesNoWordsAndTooMany) {
  lesson(1, "'invalid argument' alone helps nobody: which call, which value?");
  refuses_no_words_and_too_many<RwConfig>();
}
TEST(RwCreate, RefusesTooLittleMemory) {
  lesson(1, "one byte too few, and the last word lies in somebody else's memory");
  refuses_too_little_memory<RwConfig>();
}
TEST(RwCreate, RefusesMemoryInAWrongPlace) {
  lesson(1, "a lock needs its alignment, and nothing can lie at null");
  refuses_to_create_in_a_wrong_place<RwConfig>();
}
TEST(RwCreate, LeavesNothingWhenItFails) {
  lesson(1, "what lay here before may have looked like settings: half of new ones must not");
  leaves_nothing_when_it_fails<RwConfig>();
}

TEST(SeqCreate, SaysWhatItIs) {
  lesson(4, "both kinds may lie in the same system: each says which it is");
  says_what_it_is<SeqConfig>(lab::kSeqMagic);
}
TEST(SeqCreate, RefusesWhatCannotBe) {
  lesson(4, "check before you write: whoever is refused finds his memory as it was");
  refuses_no_words_and_too_many<SeqConfig>();
  refuses_too_little_memory<SeqConfig>();
  refuses_to_create_in_a_wrong_place<SeqConfig>();
}
TEST(SeqCreate, LeavesNothingWhenItFails) {
  lesson(4, "the magic number goes first and comes last");
  leaves_nothing_when_it_fails<SeqConfig>();
}
TEST(SeqCreate, SharesItsRobustMutex) {
  lesson(4,
         "robust does not mean shared: glibc's robust mutexes happen to work between processes without "
         "PTHREAD_PROCESS_SHARED, but nobody has promised it");
  EXPECT_THAT(subject([] {
                const lab06::Private<SeqConfig> made;
                return judge::gate::calls("pthread_mutexattr_setrobust") == 0 ||
                       judge::gate::calls("pthread_mutexattr_setpshared") > 0;
              }),
              Returns(true))
      << "whether who calls pthread_mutexattr_setrobust has called pthread_mutexattr_setpshared as well";
}

}  // namespace
