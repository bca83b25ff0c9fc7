#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

#include "support.hpp"
#include "testing/findings.hpp"

namespace {

using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::start;
using judge::subject;
using judge::ThrowsErrno;
using judge::gate::fail;
using judge::gate::fail_always;
using judge::gate::Gate;
using judge::gate::When;
using lab09::contents;
using lab09::FreshPlace;
using lab09::ThrowsNaming;
using testing::Each;
using testing::ElementsAre;

TEST(Create, TakesTheKey) {
  lesson(2, "the key is how the others find it; with IPC_PRIVATE, or another key, they never will");
  const FreshPlace fresh;
  const auto made = subject([&] { return lab::create(fresh.place(), contents(500), 0600).id; });
  EXPECT_THAT(made, Returns(fresh.id()));
  EXPECT_TRUE(fresh.is_taken());
}

TEST(Create, HasExactlyThisMuchPayload) {
  lesson(2, "the size that the system keeps is the one that was asked for, to the byte: the header comes on top");
  const FreshPlace fresh;
  const std::size_t bytes = random_between(1, 20'000);
  EXPECT_THAT(subject([&] { return lab::create(fresh.place(), contents(bytes), 0600).payload().size(); }),
              Returns(bytes));
  EXPECT_EQ(lab09::facts_of(fresh.id()).shm_segsz, sizeof(lab::Header) + bytes) << "bytes of the segment";
}

TEST(Create, SharesItsPayload) {
  lesson(2, "what is written to an attached segment is there for all who attach it, also when the writer has ended");
  const FreshPlace fresh;
  const std::string text = judge::random_text(random_between(5'000, 20'000));
  EXPECT_THAT(subject([&] { lab09::write_text(lab::create(fresh.place(), contents(text.size()), 0600), text); }),
              judge::ReturnsNormally());
  EXPECT_EQ(lab09::read_text(lab09::attach_raw(fresh.id())), text);
}

TEST(Create, SaysWhatItIsButNotThatItIsReady) {
  lesson(2, "the key may be another's by chance: what a segment is must be written in it, and ready it is not yet");
  const FreshPlace fresh;
  const std::uint64_t type = random_between(0, UINT64_MAX);
  EXPECT_THAT(subject([&] { static_cast<void>(lab::create(fresh.place(), {.type = type, .bytes = 8}, 0600)); }),
              judge::ReturnsNormally());
  const auto segment = lab09::attach_raw(fresh.id());
  EXPECT_EQ(segment.header().magic.load(), 0U);
  EXPECT_EQ(segment.header().version, lab::kVersion);
  EXPECT_EQ(segment.header().type, type);
  EXPECT_EQ(segment.header().successor.load(), 0U);
  EXPECT_TRUE(segment.header().place == fresh.place()) << "the header names another place";
}

TEST(Create, HasExactlyThisModeWhateverTheUmask) {
  lesson(2, "the umask does not touch what shmget makes: who takes its bits away himself locks the others out");
  const FreshPlace fresh;
  const auto mode = static_cast<mode_t>(0600U | random_between(1, 077));
  EXPECT_THAT(subject([&] {
                ::umask(077);
                static_cast<void>(lab::create(fresh.place(), contents(8), mode));
              }),
              judge::ReturnsNormally());
  EXPECT_EQ(lab09::facts_of(fresh.id()).shm_perm.mode, mode);
}

TEST(Create, RefusesAKeyThatIsTaken) {
  lesson(2, "without IPC_EXCL, shmget gives you somebody else's segment, and you write your header over its bytes");
  const FreshPlace fresh;
  const int id = lab09::make_raw(fresh.place(), 9'000);
  const std::string text = judge::random_text(8'000);
  lab09::write_text(lab09::attach_raw(id), text);
  EXPECT_THAT(subject([&] { static_cast<void>(lab::create(fresh.place(), contents(500), 0600)); }),
              ThrowsErrno(EEXIST));
  EXPECT_THAT(id, lab09::has_the_key_of(fresh)) << "it is still the same one's";
  const auto segment = lab09::attach_raw(id);
  EXPECT_EQ(lab09::read_text(segment, text.size()), text);
  EXPECT_EQ(segment.header().version, 0U) << "nothing was written into it";
  EXPECT_FALSE(lab09::is_marked(id)) << "cleaning up must not remove it";
}

TEST(Create, RefusesPayloadsThatCannotBe) {
  lesson(2, "size_t wraps: SIZE_MAX plus a header is a tiny segment whose payload reaches over all of memory");
  const FreshPlace fresh;
  const std::size_t wraps = SIZE_MAX - random_between(0, sizeof(lab::Header) - 2);
  const std::vector<std::size_t> sizes{0, lab::kMostBytes + 1, SIZE_MAX / 2, wraps};
  EXPECT_THAT(subject([&] {
                std::vector<int> errors;
                for (const std::size_t size : sizes) {
                  try {
                    static_cast<void>(lab::create(fresh.place(), contents(size), 0600));
                    errors.push_back(0);
                  } catch (const std::system_error& error) {
                    errors.push_back(error.code().value());
                  }
                }
                return errors;
              }),
              Returns(Each(EINVAL)));
  EXPECT_FALSE(fresh.is_taken());
  const std::size_t bytes = lab::kMostBytes + random_between(1, 1'000'000);
  EXPECT_THAT(subject([&] { static_cast<void>(lab::create(fresh.place(), contents(bytes), 0600)); }),
              ThrowsNaming(EINVAL, std::to_string(bytes)));
}

TEST(Create, RefusesModesThatWouldBeFlags) {
  lesson(2, "mode and flags share one argument of shmget: 01000 is IPC_CREAT, 04000 asks for huge pages");
  const FreshPlace fresh;
  const std::vector<mode_t> modes{01600, 02600, 04600, 010600};
  EXPECT_THAT(subject([&] {
                std::vector<int> errors;
                for (const mode_t mode : modes) {
                  try {
                    static_cast<void>(lab::create(fresh.place(), contents(8), mode));
                    errors.push_back(0);
                  } catch (const std::system_error& error) {
                    errors.push_back(error.code().value());
                  }
                }
                return errors;
              }),
              Returns(Each(EINVAL)));
  EXPECT_FALSE(fresh.is_taken());
}

TEST(Create, IsAttachedOnceAndDetachedOnce) {
  lesson(2,
         "a second attachment that nobody knows of keeps a removed segment's memory for as long as the process lives");
  const FreshPlace fresh;
  EXPECT_THAT(subject([&] {
                std::vector<std::size_t> users;
                {
                  const auto segment = lab::create(fresh.place(), contents(100), 0600);
                  users.push_back(lab09::users_of(segment.id));
                }
                users.push_back(lab09::users_of(fresh.id()));
                return users;
              }),
              Returns(ElementsAre(1U, 0U)));
}

TEST(Create, LeavesNothingBehindWhenItFails) {
  lesson(2, "a segment that could not be attached is there all the same: it keeps its key, and its memory, for ever");
  const FreshPlace fresh;
  EXPECT_THAT(subject([&] {
                fail_always("shmat", ENOMEM);
                static_cast<void>(lab::create(fresh.place(), contents(500), 0600));
              }),
              ThrowsErrno(ENOMEM));
  EXPECT_FALSE(fresh.is_taken());
  Gate attaching{{"shmat"}, When::kBefore};
  auto slow = start([&] {
    const auto armed = attaching.arm();
    static_cast<void>(lab::create(fresh.place(), contents(500), 0600));
  });
  attaching.await_arrival();
  fresh.clear();
  lab09::make_segment(fresh.place(), {.text = "another's"});
  attaching.open();
  EXPECT_THAT(slow.outcome(), ThrowsErrno(ENOENT)) << "removed before it was attached";
  EXPECT_TRUE(fresh.is_taken()) << "the segment that has the key by now is another's, and must stay";
  fresh.clear();
  const auto is_all_or_nothing = [&](const auto& outcome) {
    EXPECT_THAT(outcome, testing::AnyOf(ThrowsErrno(EACCES), judge::ReturnsNormally()));
    EXPECT_EQ(fresh.is_taken(), outcome.kind == judge::Kind::kReturned);
    fresh.clear();
  };
  is_all_or_nothing(subject([&] {
    fail("shmctl", EACCES);  // the first: if there is one, it is a question
    static_cast<void>(lab::create(fresh.place(), contents(500), 0600));
  }));
  EXPECT_THAT(subject([&] {
                fail_always("shmget", ENOSPC);
                static_cast<void>(lab::create(fresh.place(), contents(500), 0600));
              }),
              ThrowsErrno(ENOSPC));
  if (judge::detail::under_valgrind()) return;  // which says EINVAL itself, since it may not ask for the size
  is_all_or_nothing(subject([&] {
    lab09::be_nobody_special();
    static_cast<void>(lab::create(fresh.place(), contents(500), 0060));  // shuts ourselves out
  }));
}

}  // namespace
