#include <gtest/gtest.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "support.hpp"

namespace {

using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::subject;
using lab09::FreshPlace;

TEST(Status, CountsEachAttachment) {
  lesson(2,
         "the system counts attachments, those of others too: this is how one knows that all are there, or all gone");
  const FreshPlace fresh;
  const int id = lab09::make_raw(fresh.place(), 100);
  EXPECT_THAT(subject([&] {
                const auto one = lab09::attach_raw(id);
                const auto another = lab09::attach_raw(id, lab::Access::kReadOnly);
                return lab::status(one).users;
              }),
              Returns(2U));
  EXPECT_THAT(subject([&] { return lab::status({.id = id}).users; }), Returns(0U));
  EXPECT_THAT(subject([] { static_cast<void>(lab::status({.id = -1})); }), lab09::ThrowsNaming(EINVAL, "-1"))
      << "what IPC_STAT says of an id that is none is passed on as it is";
}

TEST(Status, SaysHowLargeItIsAndWhoMadeIt) {
  lesson(2, "the size is the system's answer, not what this program believes; the creator is not who used it last");
  const FreshPlace fresh;
  const std::size_t size = random_between(1, 20'000);
  const int id = lab09::make_raw(fresh.place(), size);
  static_cast<void>(judge::experiment([&] { static_cast<void>(lab09::attach_raw(id)); }));  // the last user
  EXPECT_THAT(subject([&] { return lab::status(lab09::attach_raw(id)).size; }), Returns(size));
  EXPECT_THAT(subject([&] { return lab::status(lab09::attach_raw(id)).creator; }), Returns(::getpid()));
}

TEST(Status, KnowsPermissionsAndMarkApart) {
  lesson(2, "the kernel keeps the mark for removal among the bits of the mode: 0640, marked, reads 01640");
  const FreshPlace fresh;
  const auto mode = static_cast<mode_t>(0600U | random_between(0, 077));
  const int id = lab09::make_raw(fresh.place(), 100, mode);
  const auto mode_and_mark = [&](bool mark) {
    return subject([&, mark] {
      const auto segment = lab09::attach_raw(id);
      if (mark) ::shmctl(id, IPC_RMID, nullptr);
      const lab::Status seen = lab::status(segment);
      return std::to_string(seen.mode) + (seen.is_marked ? ", marked" : "");
    });
  };
  EXPECT_THAT(mode_and_mark(false), Returns(std::to_string(mode)));
  EXPECT_THAT(mode_and_mark(true), Returns(std::to_string(mode) + ", marked"));
}

}  // namespace
