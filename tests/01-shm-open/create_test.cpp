#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "support.hpp"

namespace {

using judge::FreshName;
using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::ReturnsNormally;
using judge::start;
using judge::subject;
using judge::ThrowsErrno;

TEST(CreateObject, GivesTheObjectThisName) {
  lesson(2, "other processes find the object by its name only; and a string_view need not end where a C string would");
  const FreshName name;
  const lab01::LongerText text{name};
  EXPECT_THAT(subject([&] { (void)lab::create(text.name(), 100, 0600); }), ReturnsNormally());
  EXPECT_TRUE(name.exists());
}

TEST(CreateObject, MapsAPayloadOfThisSize) {
  lesson(2, "the object must hold the header and the payload: a size that forgets one of them is too small");
  const FreshName name;
  const std::size_t size = random_between(1, 20'000);
  EXPECT_THAT(subject([&] { return lab::create(name.str(), size, 0600).payload().size(); }), Returns(size));
  EXPECT_EQ(static_cast<std::size_t>(lab01::facts_of(name).st_size), sizeof(lab::Header) + size);
}

TEST(CreateObject, SharesItsPayload) {
  lesson(2, "a private mapping works until somebody else looks: the object itself would never change");
  const FreshName name;
  const std::string text = judge::random_text(random_between(1, 9'000));
  EXPECT_THAT(subject([&] { lab01::write_text(lab::create(name.str(), text.size(), 0600), text); }), ReturnsNormally());
  EXPECT_THAT(subject([&] { return lab01::read_text(lab01::open_region(name)); }), Returns(text));
}

TEST(CreateObject, AnnouncesItsSizeButIsNotReady) {
  lesson(2, "the object is only made, not filled: ready now would let others read a payload that nobody wrote");
  const FreshName name;
  const std::size_t size = random_between(1, 20'000);
  EXPECT_THAT(subject([&] { return lab::create(name.str(), size, 0600).header().size.load(); }), Returns(size));
  EXPECT_THAT(subject([&] { return lab01::open_region(name).header().ready.load(); }), Returns(0U));
}

TEST(CreateObject, ReservesItsSpace) {
  lesson(2, "ftruncate only promises: when /dev/shm is full, a later write to the payload dies of SIGBUS");
  const FreshName name;
  const std::size_t size = random_between(100'000, 300'000);
  EXPECT_THAT(subject([&] { (void)lab::create(name.str(), size, 0600); }), ReturnsNormally());
  EXPECT_GE(lab01::reserved_bytes(name), sizeof(lab::Header) + size) << "bytes of memory the object has";
}

TEST(CreateObject, HasExactlyThisModeWhateverTheUmask) {
  lesson(2, "the umask cuts the mode that shm_open is given: with a umask of 027, 0660 becomes 0640");
  const FreshName name;
  const auto mode = static_cast<mode_t>(0600 | random_between(1, 077));
  const auto mask =
      static_cast<mode_t>(random_between(0, 077) | (mode & 077));  // cuts at least all of group and others
  EXPECT_THAT(subject([&] {
                ::umask(mask);
                (void)lab::create(name.str(), 100, mode);
              }),
              ReturnsNormally());
  EXPECT_EQ(lab01::facts_of(name).st_mode & 07777, mode) << "the mode in octal: " << std::oct << mode;
}

TEST(CreateObject, RefusesANameThatIsTaken) {
  lesson(2, "two creators of one object would both initialise it, the second over what the first has written");
  const FreshName name;
  const std::string text = judge::random_text(200);
  lab01::write_text(lab01::make_region(name, text.size(), true), text);
  EXPECT_THAT(subject([&] { (void)lab::create(name.str(), 5'000, 0644); }), ThrowsErrno(EEXIST));
  ASSERT_TRUE(name.exists()) << "the object that was there before must stay";
  EXPECT_EQ(lab01::facts_of(name).st_mode & 0777, 0600U) << "and keep its mode";
  EXPECT_EQ(lab01::read_text(lab01::open_region(name)), text) << "and its contents";
}

TEST(CreateObject, RefusesAnObjectWithoutPayload) {
  lesson(2, "an object without payload helps nobody; it must be an error, not an object that only looks like one");
  const FreshName name;
  EXPECT_THAT(subject([&] { (void)lab::create(name.str(), 0, 0600); }), ThrowsErrno(EINVAL));
  EXPECT_FALSE(name.exists());
}

TEST(CreateObject, RefusesNamesThatAreNone) {
  lesson(2,
         "with O_EXCL the system says EEXIST to '/.': only your own check tells a wrong name from one that is taken");
  EXPECT_THAT(subject([] { (void)lab::create("/.", 100, 0600); }), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([] { (void)lab::create("/a/b", 100, 0600); }), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([] { (void)lab::create(std::string(256, 'x'), 100, 0600); }), ThrowsErrno(ENAMETOOLONG));
}

TEST(CreateObject, LetsOneOfManyCreatorsWin) {
  lesson(2, "exactly one of many creators may succeed, the others must learn that they were late");
  const FreshName name;
  judge::Rendezvous together;
  const auto creator = [&] {
    together.meet(5);
    (void)lab::create(name.str(), 100, 0600);
  };
  std::vector creators{start(creator), start(creator), start(creator), start(creator), start(creator)};
  int winners = 0;
  for (auto& one : creators) {
    const auto outcome = one.outcome();
    EXPECT_THAT(outcome, testing::AnyOf(ReturnsNormally(), ThrowsErrno(EEXIST)));
    winners += outcome.kind == judge::Kind::kReturned ? 1 : 0;
  }
  EXPECT_EQ(winners, 1) << "creators that believe the object is theirs";
}

}  // namespace
