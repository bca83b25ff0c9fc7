#include <gtest/gtest.h>
#include <sys/shm.h>

#include <cerrno>
#include <string>

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
using lab09::FreshPlace;

auto remove(const FreshPlace& fresh) {
  return subject([&fresh] { return lab::remove(fresh.place()); });
}

TEST(Remove, FreesTheKeyAndLeavesItsUsersAlone) {
  lesson(4, "the key is free although the old segment is in use, unharmed: a new one may have it, and then two live");
  const FreshPlace fresh;
  const std::string text = judge::random_text(9'000);
  const int id = lab09::make_segment(fresh.place(), {.text = text});
  {
    const auto in_use = lab09::attach_raw(id);
    EXPECT_THAT(remove(fresh), Returns(true));
    EXPECT_FALSE(fresh.is_taken());
    EXPECT_NE(lab09::make_segment(fresh.place(), {.text = "new"}), id) << "two live";
    EXPECT_EQ(lab09::read_text(in_use), text);
  }
  EXPECT_FALSE(lab09::is_there(id)) << "with its last user it goes";
}

TEST(Remove, TakesAlsoWhatIsHalfMade) {
  lesson(4, "a creator that died leaves a half-made segment; somebody must be able to take it away, without waiting");
  for (const bool has_header : {true, false}) {
    const FreshPlace fresh;
    if (has_header) {
      lab09::make_segment(fresh.place(), {.text = "half", .is_ready = false});
    } else {
      lab09::make_raw(fresh.place(), 500);
    }
    EXPECT_THAT(remove(fresh), Returns(true));
    EXPECT_FALSE(fresh.is_taken());
  }
}

TEST(Remove, LeavesStrangersAlone) {
  lesson(4, "the key may be another program's as well: removing by the key alone takes away what is not yours");
  const FreshPlace fresh;
  lab09::make_segment(fresh.place(), {.text = "theirs", .magic = random_between(1, lab::kMagic - 1)});
  EXPECT_THAT(remove(fresh), ThrowsErrno(EINVAL));
  EXPECT_TRUE(fresh.is_taken());
  fresh.clear();
  auto other = fresh.place();
  other.inode += 1U << 16U;
  lab09::make_segment(other, {.text = "theirs"});
  EXPECT_THAT(remove(fresh), ThrowsErrno(EINVAL));
  EXPECT_TRUE(fresh.is_taken());
  fresh.clear();
  lab09::make_raw(fresh.place(), sizeof(lab::Header) - 1);
  EXPECT_THAT(remove(fresh), ThrowsErrno(EINVAL));
  EXPECT_TRUE(fresh.is_taken());
}

TEST(Remove, SaysFalseWhenThereIsNoneOrNoMore) {
  lesson(4, "between shmget and IPC_RMID another may remove it: then there was none, which is no error");
  const FreshPlace fresh;
  const int id = lab09::make_segment(fresh.place(), {.text = "there"});
  Gate found{{"shmget"}, When::kAfter};
  auto slow = start([&] {
    const auto armed = found.arm();
    return lab::remove(fresh.place());
  });
  found.await_arrival();
  ::shmctl(id, IPC_RMID, nullptr);
  found.open();
  EXPECT_THAT(slow.outcome(), Returns(false));
  EXPECT_THAT(remove(fresh), Returns(false));
}

TEST(Remove, TakesNoLaterSegmentForTheOneThatItFound) {
  lesson(4, "an id is one segment's only; the key may be a new one's meanwhile, which nobody asked to remove");
  for (int call = 2; call <= lab09::kMostCalls; ++call) {
    const FreshPlace fresh;
    const int id = lab09::make_segment(fresh.place(), {.text = "old"});
    Gate removing{lab09::kEveryCall, When::kBefore, call};
    auto slow = start([&] {
      const auto armed = removing.arm();
      static_cast<void>(lab::remove(fresh.place()));
    });
    if (!removing.await_arrival()) {
      EXPECT_THAT(slow.outcome(), judge::ReturnsNormally());
      continue;  // it makes no more calls
    }
    ::shmctl(id, IPC_RMID, nullptr);
    const int next = lab09::make_segment(fresh.place(), {.text = "new"});
    removing.open();
    EXPECT_THAT(slow.outcome(), judge::ReturnsNormally());
    EXPECT_THAT(next, lab09::has_the_key_of(fresh)) << "held before its call " << call;
  }
}

TEST(Remove, ReportsThatItMayNot) {
  lesson(4, "only its owner and its creator may remove a segment; who is told \"true\" believes that it is gone");
  const FreshPlace fresh;
  const int id = lab09::make_segment(fresh.place(), {.text = "there", .mode = 0666});
  if (::geteuid() == 0) {
    EXPECT_THAT(subject([&] {
                  lab09::be_nobody_special();
                  return lab::remove(fresh.place());
                }),
                ThrowsErrno(EPERM));
  }
  EXPECT_THAT(subject([&] {
                judge::gate::fail_always("shmctl", EPERM);
                return lab::remove(fresh.place());
              }),
              ThrowsErrno(EPERM));
  EXPECT_THAT(id, lab09::has_the_key_of(fresh));
}

}  // namespace
