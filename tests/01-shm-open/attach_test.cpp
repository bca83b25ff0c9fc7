#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>

#include "support.hpp"
#include "testing/deadlines.hpp"

namespace {

using judge::FreshName;
using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::subject;
using judge::ThrowsErrno;
using lab01::kBrief;

TEST(Attach, SaysEnoentAtOnceWhenThereIsNone) {
  lesson(3, "who waits for an object that nobody makes waits in vain; the caller knows better what to do then");
  const FreshName name;
  EXPECT_THAT(subject([&] { (void)lab::attach(name.str(), judge::far_away()); }, kBrief), ThrowsErrno(ENOENT));
  EXPECT_FALSE(name.exists()) << "attaching must not create";
}

TEST(Attach, MapsAllOfTheObject) {
  lesson(3, "how large an object is, only the object knows: ask fstat instead of expecting a size");
  const FreshName name;
  const std::string text = judge::random_text(random_between(4'000, 40'000));
  lab01::write_text(lab01::make_region(name, text.size(), true), text);
  EXPECT_THAT(subject([&] { return lab::attach(name.str(), judge::far_away()).payload().size(); }),
              Returns(text.size()));
  const lab01::LongerText longer{name};
  EXPECT_THAT(subject([&] { return lab01::read_text(lab::attach(longer.name(), judge::far_away())); }), Returns(text));
}

TEST(Attach, MapsItToReadAndWrite) {
  lesson(3, "both sides may write: what one does to its mapping, all see");
  const FreshName name;
  const lab::Region ours = lab01::make_region(name, 5'000, true);
  const std::string text = judge::random_text(5'000);
  EXPECT_THAT(subject([&] { lab01::write_text(lab::attach(name.str(), judge::far_away()), text); }),
              judge::ReturnsNormally());
  EXPECT_EQ(lab01::read_text(ours), text);
}

TEST(Attach, LooksOnceWhenTheDeadlineHasPassed) {
  lesson(3, "a deadline limits the waiting; when there is nothing to wait for, it does not matter");
  const FreshName name;
  (void)lab01::make_region(name, 300, true);
  const auto past = shm::Deadline::after(std::chrono::seconds{-1});
  EXPECT_THAT(subject([&] { return lab::attach(name.str(), past).payload().size(); }), Returns(300U));
}

TEST(Attach, TrustsTheObjectNotItsHeader) {
  lesson(3, "a header that claims too much must not make you touch what is not there: that is SIGBUS");
  const FreshName name;
  lab01::make_region(name, 9'000, true).header().size.store(std::uint64_t{1} << 30);
  EXPECT_THAT(subject([&] {
                const lab::Region region = lab::attach(name.str(), judge::far_away());
                return lab01::read_text(region, 20'000).size();  // touches each byte
              }),
              Returns(9'000U));
  lab01::open_region(name).header().size.store(10);  // as while somebody grows it: larger already, not announced yet
  EXPECT_THAT(subject([&] { return lab::attach(name.str(), judge::far_away()).payload().size(); }), Returns(9'000U));
}

TEST(Attach, LeavesNothingBehindWhenItCannotBeMapped) {
  lesson(3, "a descriptor that leaks with every failed attempt ends in EMFILE, hours later and somewhere else");
  const FreshName name;
  (void)lab01::make_region(name, 300, true);
  EXPECT_THAT(subject(
                  [&] {
                    judge::gate::fail_all(lab01::kMapping, ENOMEM);
                    (void)lab::attach(name.str(), judge::far_away());
                  },
                  kBrief),
              ThrowsErrno(ENOMEM));
  EXPECT_TRUE(name.exists()) << "the object belongs to others";
}

TEST(Attach, ReportsThatItMayNot) {
  lesson(3, "an object one may not open is not the same as none: waiting or creating would not help");
  const FreshName name;
  (void)lab01::make_region(name, 300, true);
  EXPECT_THAT(subject(
                  [&] {
                    judge::gate::fail_all(lab01::kOpening, EACCES);
                    (void)lab::attach(name.str(), judge::far_away());
                  },
                  kBrief),
              ThrowsErrno(EACCES));
}

TEST(Attach, RefusesNamesThatAreNone) {
  lesson(3, "a NUL in the name would make the system look for another object than you named");
  const FreshName name;
  (void)lab01::make_region(name, 300, true);
  EXPECT_THAT(subject([] { (void)lab::attach("/a/b", judge::far_away()); }, kBrief), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([] { (void)lab::attach("//..", judge::far_away()); }, kBrief), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject(
                  [&] {
                    (void)lab::attach(name.str() + std::string{"\0x", 2}, judge::far_away());
                  },
                  kBrief),
              ThrowsErrno(EINVAL));
}

}  // namespace
