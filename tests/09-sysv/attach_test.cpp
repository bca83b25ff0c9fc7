#include <gtest/gtest.h>
#include <signal.h>
#include <sys/shm.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "support.hpp"

namespace {

using judge::far_away;
using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::subject;
using judge::ThrowsErrno;
using lab09::Access;
using lab09::contents;
using lab09::FreshPlace;
using lab09::kBrief;
using lab09::ThrowsNaming;

/// Attaches, with all the time in the world, as most users do.
auto attach_to(const FreshPlace& fresh, std::size_t bytes = 1, Access access = Access::kReadWrite) {
  return subject([&fresh, bytes,
                  access] { return lab09::read_text(lab::attach(fresh.place(), contents(bytes), access, far_away())); },
                 kBrief);
}

TEST(Attach, SaysEnoentAtOnceWhenThereIsNone) {
  lesson(3, "who waits for a segment that nobody makes waits in vain; the caller knows better what to do then");
  const FreshPlace fresh;
  EXPECT_THAT(attach_to(fresh), ThrowsErrno(ENOENT));
  EXPECT_FALSE(fresh.is_taken()) << "attaching must not create";
}

TEST(Attach, HasAllOfTheSegment) {
  lesson(3, "how large a segment is, only the system knows: not what was asked for, and not the pages it lies in");
  const FreshPlace fresh;
  const std::string text = judge::random_text(random_between(4'100, 40'000));
  lab09::make_segment(fresh.place(), {.text = text});
  EXPECT_THAT(attach_to(fresh, text.size()), Returns(text));
  EXPECT_THAT(attach_to(fresh, 10), Returns(text));
  EXPECT_THAT(attach_to(fresh, 0), Returns(text));  // whatever there is
  const auto look_once = subject(
      [&] { return lab09::read_text(lab::attach(fresh.place(), contents(1), Access::kReadWrite, judge::past())); });
  EXPECT_THAT(look_once, Returns(text)) << "with a deadline that has passed";
}

TEST(Attach, MayWrite) {
  lesson(3, "both sides may write: what one does to its memory, all see");
  const FreshPlace fresh;
  const int id = lab09::make_segment(fresh.place(), {.text = std::string(5'000, '-')});
  const std::string text = judge::random_text(5'000);
  EXPECT_THAT(subject([&] {
                lab09::write_text(lab::attach(fresh.place(), contents(1), Access::kReadWrite, far_away()), text);
              }),
              judge::ReturnsNormally());
  EXPECT_EQ(lab09::read_text(lab09::attach_raw(id)), text);
}

TEST(Attach, MayOnlyReadWhenItAskedForNoMore) {
  lesson(3, "SHM_RDONLY lets the hardware keep a reader from writing, by mistake or by a bug: SIGSEGV");
  const FreshPlace fresh;
  lab09::make_segment(fresh.place(), {.text = "only to be read"});
  EXPECT_THAT(attach_to(fresh, 1, Access::kReadOnly), Returns(std::string{"only to be read"}));
  EXPECT_THAT(subject([&] {
                const auto segment = lab::attach(fresh.place(), contents(1), Access::kReadOnly, far_away());
                lab09::write_text(segment, "x");
              }),
              judge::DiesOf(SIGSEGV));
}

TEST(Attach, NeedsNoMoreRightsThanItAsksFor) {
  lesson(3, "a reader that asks for writing is turned away where reading is allowed; EACCES is not ENOENT");
  const FreshPlace fresh;
  lab09::make_segment(fresh.place(), {.text = "for all", .mode = 0444});
  const auto as_nobody_special = [&](Access access) {
    return subject(
        [&, access] {
          lab09::be_nobody_special();
          return lab09::read_text(lab::attach(fresh.place(), contents(1), access, far_away()));
        },
        kBrief);
  };
  EXPECT_THAT(as_nobody_special(Access::kReadOnly), Returns(std::string{"for all"}));
  EXPECT_THAT(as_nobody_special(Access::kReadWrite), ThrowsErrno(EACCES));
  EXPECT_THAT(subject(
                  [&] {
                    judge::gate::fail_always("shmat", ENOMEM);
                    static_cast<void>(lab::attach(fresh.place(), contents(1), Access::kReadOnly, far_away()));
                  },
                  kBrief),
              ThrowsErrno(ENOMEM))
      << "no room for one more is not the same as no segment";
}

// ---- Strangers -----------------------------------------------------------------------------------------------------

TEST(Stranger, IsAnotherProgramsSegment) {
  lesson(3,
         "two files may have one key: what lies there may be another program's, which does not want to be written to");
  const FreshPlace fresh;
  const int id = lab09::make_raw(fresh.place(), 200);
  const std::string text = judge::random_text(sizeof(lab::Header));
  std::memcpy(lab09::attach_raw(id).memory.data(), text.data(), text.size());
  EXPECT_THAT(attach_to(fresh), ThrowsErrno(EINVAL));
  EXPECT_EQ(std::memcmp(lab09::attach_raw(id).memory.data(), text.data(), text.size()), 0);
  EXPECT_THAT(id, lab09::has_the_key_of(fresh));
}

TEST(Stranger, HasTheSameKeyAndAnotherPlace) {
  lesson(3, "a key keeps 16 bits of the inode's number: a segment of the lab's own kind may be another file's");
  const FreshPlace fresh;
  auto other = fresh.place();
  other.inode += 1U << 16U;
  lab09::make_segment(other, {.text = "theirs"});
  EXPECT_THAT(attach_to(fresh), ThrowsErrno(EINVAL));
  fresh.clear();
  other = fresh.place();
  other.device += 1U << 8U;
  lab09::make_segment(other, {.text = "theirs"});
  EXPECT_THAT(attach_to(fresh), ThrowsErrno(EINVAL));
}

TEST(Stranger, HasAnotherVersionOrType) {
  lesson(3, "programs are updated one after the other: the old one and the new one meet, and must notice in time");
  const FreshPlace fresh;
  const std::uint64_t version = random_between(lab::kVersion + 1, 1'000'000);
  lab09::make_segment(fresh.place(), {.text = "newer", .version = version});
  EXPECT_THAT(attach_to(fresh), ThrowsNaming(EINVAL, std::to_string(version)));
  fresh.clear();
  const std::uint64_t type = random_between(2, 1'000'000);
  lab09::make_segment(fresh.place(), {.type = type, .text = "a ring"});
  EXPECT_THAT(attach_to(fresh), ThrowsNaming(EINVAL, std::to_string(type)));
}

TEST(Stranger, IsTooSmall) {
  lesson(3, "a segment has its size for life: who needs more than it has must learn it at once, not by SIGSEGV");
  const FreshPlace fresh;
  const std::string text = judge::random_text(random_between(1, 3'000));
  lab09::make_segment(fresh.place(), {.text = text});
  EXPECT_THAT(attach_to(fresh, text.size() + 1), ThrowsErrno(EINVAL));
  EXPECT_THAT(attach_to(fresh, SIZE_MAX), ThrowsErrno(EINVAL));
  fresh.clear();
  lab09::make_raw(fresh.place(), random_between(1, sizeof(lab::Header) - 1));  // its page reads like an empty segment
  EXPECT_THAT(attach_to(fresh), ThrowsErrno(EINVAL));
  EXPECT_THAT(attach_to(fresh, 0), ThrowsErrno(EINVAL));
}

}  // namespace
