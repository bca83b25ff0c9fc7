#include <gtest/gtest.h>
#include <signal.h>
#include <sys/shm.h>

#include <cerrno>
#include <string>
#include <vector>

#include "support.hpp"

/// Removed as soon as all are there, so that it goes with the last of them, however they end.
namespace {

using judge::far_away;
using judge::lesson;
using judge::Rendezvous;
using judge::Returns;
using judge::start;
using judge::subject;
using judge::ThrowsErrno;
using lab09::FreshPlace;
using lab09::kBrief;

TEST(RemoveOnceShared, MarksWhenAllAreThere) {
  lesson(4, "marked early, a segment needs nobody any more who would remove it at the end");
  const FreshPlace fresh;
  const int id = lab09::make_segment(fresh.place(), {.text = "shared"});
  EXPECT_THAT(subject(
                  [&] {
                    const auto ours = lab09::attach_raw(id);
                    const auto theirs = lab09::attach_raw(id);
                    lab::remove_once_shared(ours, 2, far_away());
                    return lab09::is_marked(id) ? lab09::read_text(theirs) : "not marked";
                  },
                  kBrief),
              Returns(std::string{"shared"}));
  EXPECT_FALSE(fresh.is_taken());
  EXPECT_FALSE(lab09::is_there(id));
  const int crowded = lab09::make_segment(fresh.place(), {.text = "shared"});
  EXPECT_THAT(subject(
                  [&] {
                    const auto ours = lab09::attach_raw(crowded);
                    const auto theirs = lab09::attach_raw(crowded);
                    lab::remove_once_shared(ours, 1, judge::soon());
                  },
                  kBrief),
              judge::ReturnsNormally())
      << "more users than asked for are enough";
  EXPECT_FALSE(lab09::is_there(crowded));
  const int alone = lab09::make_segment(fresh.place(), {.text = "alone"});
  EXPECT_THAT(subject([&] { lab::remove_once_shared(lab09::attach_raw(alone), 1, judge::past()); }, kBrief),
              judge::ReturnsNormally());
  EXPECT_FALSE(lab09::is_there(alone)) << "a deadline that has passed means: look once";
}

TEST(RemoveOnceShared, WaitsForTheLastOne) {
  lesson(4, "marked too early, it has no key when the last one comes: ENOENT, and the others wait for him in vain");
  const FreshPlace fresh;
  const int id = lab09::make_segment(fresh.place(), {.text = "shared"});
  judge::gate::Gate first_look{{"shmctl"}, judge::gate::When::kAfter};
  Rendezvous is_marked;
  auto creator = start(
      [&] {
        const auto ours = lab09::attach_raw(id);
        const auto armed = first_look.arm();
        lab::remove_once_shared(ours, 2, far_away());
        is_marked.arrive();
      },
      kBrief);
  first_look.await_arrival();
  first_look.open();
  auto last = start(
      [&] {
        const auto ours = lab09::attach_raw(fresh.id());  // by the key: it must still be there
        is_marked.await(1);
        return lab09::is_marked(id);
      },
      kBrief);
  EXPECT_THAT(last.outcome(), Returns(true));
  EXPECT_THAT(creator.outcome(), judge::ReturnsNormally());
}

TEST(RemoveOnceShared, LeavesItWhenTheyDoNotCome) {
  lesson(4, "who gives up waiting leaves all as it was: the last one may still come");
  const FreshPlace fresh;
  const int id = lab09::make_segment(fresh.place(), {.text = "shared"});
  EXPECT_THAT(subject([&] { lab::remove_once_shared(lab09::attach_raw(id), 2, judge::soon()); }, kBrief),
              ThrowsErrno(ETIMEDOUT));
  EXPECT_FALSE(lab09::is_marked(id));
  EXPECT_THAT(id, lab09::has_the_key_of(fresh));
}

TEST(RemoveOnceShared, LeavesNothingOfThoseWhoAreKilled) {
  lesson(4, "SIGKILL runs no destructor: only what was marked before goes by itself");
  const FreshPlace fresh;
  const int id = lab09::make_segment(fresh.place(), {.text = "shared"});
  Rendezvous is_marked;
  const auto user = [&](bool marks) {
    return start(
        [&, marks] {
          const auto ours = lab09::attach_raw(id);
          if (marks) {
            lab::remove_once_shared(ours, 3, far_away());
            is_marked.arrive();
          }
          is_marked.await(1);
          ::raise(SIGKILL);
        },
        kBrief);
  };
  std::vector users{user(true), user(false), user(false)};
  for (auto& one : users) EXPECT_THAT(one.outcome(), judge::DiesOf(SIGKILL));
  EXPECT_FALSE(lab09::is_there(id));
}

TEST(RemoveOnceShared, RemovesTheSegmentNotTheKey) {
  lesson(4, "by now the key may be another segment's: what you hold, you know by its id");
  const FreshPlace fresh;
  const int id = lab09::make_segment(fresh.place(), {.text = "old"});
  const auto in_use = lab09::attach_raw(id);
  ::shmctl(id, IPC_RMID, nullptr);
  const int next = lab09::make_segment(fresh.place(), {.text = "new"});
  EXPECT_THAT(subject([&] { lab::remove_once_shared(lab09::attach_raw(id), 1, far_away()); }, kBrief),
              judge::ReturnsNormally());
  EXPECT_THAT(next, lab09::has_the_key_of(fresh));
  EXPECT_FALSE(lab09::is_marked(next));
}

}  // namespace
