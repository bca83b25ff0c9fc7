#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

#include "support.hpp"

namespace {

using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::start;
using judge::subject;
using judge::ThrowsErrno;
using judge::gate::Gate;
using judge::gate::When;
using lab09::Access;
using lab09::FreshPlace;
using lab09::kBrief;
using testing::Each;

/// Replaces what is at the place; the id of the new one.
int replaced(int id, std::size_t bytes) {
  auto segment = lab09::attach_raw(id);
  lab::replace(segment, bytes);
  return segment.id;
}

TEST(Replace, GivesKeyAndPayloadToALargerOne) {
  lesson(5, "who comes from now on must find the larger one under the same key, with every byte that was written");
  const FreshPlace fresh;
  const std::string text = judge::random_text(random_between(100, 9'000));
  const int id = lab09::make_segment(fresh.place(), {.text = text});
  const std::size_t bytes = text.size() + random_between(1, 9'000);
  EXPECT_THAT(subject([&] {
                auto segment = lab09::attach_raw(id);
                lab::replace(segment, bytes);
                return lab09::read_text(segment);
              }),
              Returns(text + std::string(bytes - text.size(), '\0')));
  EXPECT_NE(fresh.id(), id) << "the new one has the key";
  const auto larger = lab09::attach_raw(fresh.id());
  EXPECT_EQ(larger.header().magic.load(), lab::kMagic) << "it is not ready";
  EXPECT_TRUE(larger.header().place == fresh.place()) << "its header names another place";
}

TEST(Replace, KeepsTypeAndMode) {
  lesson(5,
         "for all but its size it is the same segment: whom the old one let in must not be locked out of the new one");
  const FreshPlace fresh;
  const std::uint64_t type = random_between(2, UINT64_MAX);
  const auto mode = static_cast<mode_t>(0600U | random_between(1, 077));
  const int id = lab09::make_segment(fresh.place(), {.type = type, .text = "old", .mode = mode});
  EXPECT_THAT(subject([&] {
                ::umask(077);
                return replaced(id, 500) >= 0;
              }),
              Returns(true));
  EXPECT_EQ(lab09::facts_of(fresh.id()).shm_perm.mode & 0777U, mode);
  EXPECT_EQ(lab09::attach_raw(fresh.id()).header().type, type);
}

TEST(Replace, TellsThoseWhoHaveTheOldOne) {
  lesson(5, "the old segment lives on in other processes, and they go on writing to it unless it says that it is over");
  const FreshPlace fresh;
  const int id = lab09::make_segment(fresh.place(), {.text = "old"});
  const auto old = lab09::attach_raw(id);
  EXPECT_THAT(subject([&] { return replaced(id, 500) >= 0; }), Returns(true));
  EXPECT_EQ(old.header().successor.load(), static_cast<std::uint64_t>(fresh.id()) + 1);
  EXPECT_EQ(lab09::read_text(old), "old");
  EXPECT_TRUE(lab09::is_marked(id)) << "it stays when its last user has gone";
}

TEST(Replace, RefusesBeforeTheKeyIsLost) {
  lesson(5, "whatever can be known to fail must fail first: when shmget says so, the old segment has lost its key");
  const FreshPlace fresh;
  const std::string text = judge::random_text(400);
  const int id = lab09::make_segment(fresh.place(), {.text = text});
  const std::vector<std::size_t> sizes{0, 1, 399, 400, lab::kMostBytes + 1, SIZE_MAX - 10, SIZE_MAX};
  EXPECT_THAT(subject([&] {
                std::vector<int> errors;
                auto segment = lab09::attach_raw(id);
                for (const std::size_t size : sizes) {
                  try {
                    lab::replace(segment, size);
                    errors.push_back(0);
                  } catch (const std::system_error& error) {
                    errors.push_back(error.code().value());
                  }
                }
                return errors;
              }),
              Returns(Each(EINVAL)));
  EXPECT_THAT(id, lab09::has_the_key_of(fresh));
  EXPECT_FALSE(lab09::is_marked(id));
  EXPECT_EQ(lab09::attach_raw(id).header().successor.load(), 0U);
  EXPECT_THAT(subject([&] {
                auto segment = lab09::attach_raw(id, Access::kReadOnly);
                lab::replace(segment, 500);
              }),
              ThrowsErrno(EINVAL))
      << "it was attached to read: its header cannot be told the successor";
  EXPECT_THAT(id, lab09::has_the_key_of(fresh));
}

TEST(Replace, IsRefusedWhenAnotherHasReplacedIt) {
  lesson(5, "two successors of one segment are two histories: who has the old one must follow, not replace it again");
  const FreshPlace fresh;
  const int id = lab09::make_segment(fresh.place(), {.text = "old"});
  const auto in_use = lab09::attach_raw(id);
  EXPECT_THAT(subject([&] { return replaced(id, 500) >= 0; }), Returns(true));
  const int next = fresh.id();
  EXPECT_THAT(subject([&] { return replaced(id, 700); }), ThrowsErrno(EEXIST));
  EXPECT_THAT(next, lab09::has_the_key_of(fresh));
  fresh.clear();  // even when the key is free again
  EXPECT_THAT(subject([&] { return replaced(id, 700); }), ThrowsErrno(EEXIST));
  EXPECT_FALSE(fresh.is_taken());
}

TEST(Replace, LetsOneOfTwoWin) {
  lesson(5, "both may have looked before either acted: at the key, IPC_EXCL decides, and the other keeps what it has");
  const std::string too_late = judge::describe_errno(EEXIST) + ", old";
  const auto replace = [](int id, std::size_t bytes) {
    auto segment = lab09::attach_raw(id);
    try {
      lab::replace(segment, bytes);
    } catch (const std::system_error& error) {
      return judge::describe_errno(error.code().value()) + ", " + lab09::read_text(segment);
    }
    return std::string{"replaced"};
  };
  const FreshPlace fresh;
  const int id = lab09::make_segment(fresh.place(), {.text = "old"});
  Gate making{{"shmget"}, When::kBefore};
  auto slow = start(
      [&] {
        const auto armed = making.arm();
        return replace(id, 500);
      },
      kBrief);
  making.await_arrival();
  const auto fast = subject([&] { return replace(id, 700); });
  EXPECT_THAT(fast, testing::AnyOf(Returns(std::string{"replaced"}), Returns(too_late)));  // it may refuse a marked one
  const int next = fresh.id();
  making.open();
  EXPECT_THAT(slow.outcome(), Returns(next == -1 ? std::string{"replaced"} : too_late));
  EXPECT_TRUE(fresh.is_taken()) << "the winner's segment has the key";
  if (next != -1) {
    EXPECT_THAT(next, lab09::has_the_key_of(fresh)) << "the first to make one is the winner";
  }
}

TEST(Replace, HidesNothingThatIsHalfMade) {
  lesson(
      5,
      "between removal and making the key is nobody's, then a half-made one's: newcomers must see no less than that");
  for (int call = 1; call <= lab09::kMostCalls; ++call) {
    const FreshPlace fresh;
    const std::string text = judge::random_text(300);
    const int id = lab09::make_segment(fresh.place(), {.text = text});
    Gate between{lab09::kEveryCall, When::kBefore, call};
    auto growing = start(
        [&] {
          auto segment = lab09::attach_raw(id);
          const auto armed = between.arm();
          lab::replace(segment, 900);
          return lab09::read_text(segment, 300);
        },
        kBrief);
    between.await_arrival();
    if (const int there = fresh.id(); there != -1) {
      const auto seen = lab09::attach_raw(there);
      const bool is_ready = seen.header().magic.load() == lab::kMagic;
      EXPECT_EQ(is_ready ? lab09::read_text(seen, 300) : text, text) << "held before its call " << call;
    }
    between.open();
    EXPECT_THAT(growing.outcome(), Returns(text));
  }
}

TEST(Replace, LosesTheKeyButNotThePayload) {
  lesson(5, "when there is no memory for the new one, what the old one holds is all that is left: keep it attached");
  const FreshPlace fresh;
  const std::string text = judge::random_text(300);
  const int id = lab09::make_segment(fresh.place(), {.text = text});
  EXPECT_THAT(subject([&] {
                auto segment = lab09::attach_raw(id);
                judge::gate::fail_always("shmget", ENOMEM);
                try {
                  lab::replace(segment, 900);
                } catch (const std::system_error& error) {
                  return std::to_string(error.code().value()) + ", " + lab09::read_text(segment);
                }
                return std::string{"replaced"};
              }),
              Returns(std::to_string(ENOMEM) + ", " + text));
}

}  // namespace
