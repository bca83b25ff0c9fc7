#include <gtest/gtest.h>
#include <sys/shm.h>

#include <cerrno>
#include <ostream>
#include <string>
#include <system_error>

#include "support.hpp"

/// Segments that are there but cannot be used yet, or never.
namespace {

using judge::far_away;
using judge::lesson;
using judge::Returns;
using judge::start;
using judge::subject;
using judge::ThrowsErrno;
using judge::gate::Gate;
using judge::gate::When;
using lab09::Access;
using lab09::contents;
using lab09::FreshPlace;
using lab09::kBrief;

/// How attach ended, and whether it had waited for as long as it was told to.
struct Waited {
  int error;
  bool until_the_deadline;
  friend bool operator==(const Waited&, const Waited&) = default;
  friend void PrintTo(const Waited& waited, std::ostream* out) {
    *out << (waited.error == 0 ? "a segment" : judge::describe_errno(waited.error))
         << (waited.until_the_deadline ? " after" : " before") << " the deadline";
  }
};

auto wait_for(const FreshPlace& fresh) {
  return subject(
      [&fresh] {
        const shm::Deadline deadline = judge::soon();
        Waited waited{};
        try {
          static_cast<void>(lab::attach(fresh.place(), contents(1), Access::kReadWrite, deadline));
        } catch (const std::system_error& error) {
          waited.error = error.code().value();
        }
        waited.until_the_deadline = deadline.passed();
        return waited;
      },
      kBrief);
}

std::string attach_and_read(const FreshPlace& fresh, Access access = Access::kReadWrite) {
  return lab09::read_text(lab::attach(fresh.place(), contents(1), access, far_away()));
}

TEST(HalfMade, ASegmentThatIsNeverReadyTimesOut) {
  lesson(3, "its creator is about to fill it, or has died: from outside both look alike, so there is a deadline");
  const FreshPlace fresh;
  lab09::make_segment(fresh.place(), {.text = "half", .is_ready = false});
  EXPECT_THAT(wait_for(fresh), Returns(Waited{.error = ETIMEDOUT, .until_the_deadline = true}));
  EXPECT_TRUE(fresh.is_taken()) << "it is not yours to take away";
  fresh.clear();
  lab09::make_raw(fresh.place(), 1'000);  // nothing but zeroes
  EXPECT_THAT(wait_for(fresh), Returns(Waited{.error = ETIMEDOUT, .until_the_deadline = true}));
}

TEST(HalfMade, ItIsWaitedForUntilItIsReady) {
  lesson(3, "creating takes time; who comes a moment too early should get the segment, not an error");
  for (const auto access : {Access::kReadWrite, Access::kReadOnly}) {
    const FreshPlace fresh;
    const int id = lab09::make_raw(fresh.place(), sizeof(lab::Header) + 6);
    Gate has_looked{lab09::kEveryCallAndSleep, When::kBefore, lab09::kMostCalls + 1};
    auto early = start(
        [&] {
          const auto armed = has_looked.arm();
          return attach_and_read(fresh, access);
        },
        kBrief);
    has_looked.await_arrival();
    {
      const auto segment = lab09::attach_raw(id);
      segment.header().version = lab::kVersion;
      segment.header().type = 1;
      segment.header().place = fresh.place();
      lab09::write_text(segment, "filled");
      segment.header().magic.store(lab::kMagic);
    }
    has_looked.open();
    EXPECT_THAT(early.outcome(), Returns(std::string{"filled"}));
  }
}

TEST(HalfMade, OneThatIsRemovedIsGone) {
  lesson(3, "its creator failed and removed it: nobody will ever make it ready. The mark is all that says so");
  const FreshPlace fresh;
  const int id = lab09::make_segment(fresh.place(), {.text = "half", .is_ready = false});
  Gate attached{{"shmat"}, When::kAfter};
  auto waiting = start(
      [&] {
        const auto armed = attached.arm();
        return attach_and_read(fresh);
      },
      kBrief);
  attached.await_arrival();
  ::shmctl(id, IPC_RMID, nullptr);
  attached.open();
  EXPECT_THAT(waiting.outcome(), ThrowsErrno(ENOENT));
}

TEST(HalfMade, OneThatGoesBeforeItIsAttachedIsGone) {
  lesson(3, "between shmget and shmat the segment may go: then EINVAL, or EIDRM, means ENOENT");
  const FreshPlace fresh;
  const int id = lab09::make_segment(fresh.place(), {.text = "there"});
  Gate found{{"shmget"}, When::kAfter};
  auto late = start(
      [&] {
        const auto armed = found.arm();
        return attach_and_read(fresh);
      },
      kBrief);
  found.await_arrival();
  ::shmctl(id, IPC_RMID, nullptr);
  found.open();
  EXPECT_THAT(late.outcome(), ThrowsErrno(ENOENT));
  lab09::make_segment(fresh.place(), {.text = "there"});
  EXPECT_THAT(subject(
                  [&] {
                    judge::gate::fail("shmat", EIDRM);  // the rarer way to say the same
                    return attach_and_read(fresh);
                  },
                  kBrief),
              ThrowsErrno(ENOENT));
}

TEST(HalfMade, OneThatIsReadyAndMarkedIsReady) {
  lesson(3,
         "a creator may publish, see that all are there, and mark, all between two of your looks: ready counts more");
  for (int call = 1; call <= lab09::kMostCalls; ++call) {
    const FreshPlace fresh;
    const int id = lab09::make_segment(fresh.place(), {.text = "filled", .is_ready = false});
    Gate looking{lab09::kEveryCall, When::kBefore, call};
    auto waiting = start(
        [&] {
          const auto armed = looking.arm();
          return attach_and_read(fresh);
        },
        kBrief);
    looking.await_arrival();
    const auto creators = lab09::attach_raw(id);
    if (call > 1) {  // the key is needed for the first
      creators.header().magic.store(lab::kMagic);
      ::shmctl(id, IPC_RMID, nullptr);
    } else {
      creators.header().magic.store(lab::kMagic);
    }
    looking.open();
    EXPECT_THAT(waiting.outcome(), Returns(std::string{"filled"})) << "held before its call " << call;
  }
}

}  // namespace
