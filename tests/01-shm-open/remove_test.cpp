#include <gtest/gtest.h>

#include <cerrno>
#include <numeric>
#include <string>
#include <vector>

#include "support.hpp"

namespace {

using judge::FreshName;
using judge::lesson;
using judge::Rendezvous;
using judge::Returns;
using judge::start;
using judge::subject;
using judge::ThrowsErrno;
using judge::gate::Gate;
using judge::gate::When;

TEST(Remove, TakesTheNameAway) {
  lesson(6, "an object lives until somebody removes it, or until the machine restarts");
  const FreshName name;
  const lab01::LongerText text{name};
  (void)lab01::make_region(name, 100, true);
  EXPECT_THAT(subject([&] { return lab::remove(text.name()); }), Returns(true));
  EXPECT_FALSE(name.exists());
}

TEST(Remove, SaysFalseWhenThereWasNone) {
  lesson(6, "that somebody else was faster is no error when all want it gone");
  const FreshName name;
  EXPECT_THAT(subject([&] { return lab::remove(name.str()); }), Returns(false));
}

TEST(Remove, LeavesMappingsAlone) {
  lesson(
      6,
      "the name goes, the memory stays for those who have it mapped: whoever cuts it to 0 bytes kills them by SIGBUS");
  const FreshName name;
  const std::string text = judge::random_text(9'000);
  lab01::write_text(lab01::make_region(name, text.size(), true), text);
  Rendezvous mapped;
  Rendezvous removed;
  auto user = start([&] {
    const lab::Region region = lab01::open_region(name);
    mapped.arrive();
    removed.await(1);
    return lab01::read_text(region);
  });
  mapped.await(1);
  EXPECT_THAT(subject([&] { return lab::remove(name.str()); }), Returns(true));
  removed.arrive();
  EXPECT_THAT(user.outcome(), Returns(text));
}

TEST(Remove, FreesTheNameForANewObject) {
  lesson(6, "two objects may have borne one name, one after the other: the old one's users do not see the new one");
  const FreshName name;
  const std::string old_text = judge::random_text(100);
  EXPECT_THAT(subject([&] {
                const lab::Region before = lab01::make_region(name, 100, true);
                lab01::write_text(before, old_text);
                (void)lab::remove(name.str());
                const lab::Region after = lab01::make_region(name, 300, true);
                lab01::write_text(after, std::string(300, 'n'));
                return lab01::read_text(before);
              }),
              Returns(old_text));
}

TEST(Remove, TellsTheTruthWhenAnotherWasFaster) {
  lesson(6, "to look first and remove then leaves a gap: only the call itself knows whether there was an object");
  const FreshName name;
  (void)lab01::make_region(name, 100, true);
  Gate about_to{lab01::kUnlinking, When::kBefore};
  auto slow = start([&] {
    const auto armed = about_to.arm();
    return lab::remove(name.str());
  });
  about_to.await_arrival();
  const auto fast = subject([&] { return static_cast<int>(lab::remove(name.str())); });
  about_to.open();
  const auto slow_outcome = slow.outcome();
  EXPECT_THAT(fast, judge::ReturnsNormally());
  EXPECT_THAT(slow_outcome, Returns(fast.value.value_or(0) == 0));  // exactly one of the two
}

TEST(Remove, RefusesNamesThatAreNone) {
  lesson(6, "shm_unlink says ENOENT to a wrong name, as if all were well: your own check says what is wrong");
  EXPECT_THAT(subject([] { return lab::remove("/a/b"); }), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([] { return lab::remove("/."); }), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([] { return lab::remove(std::string(256, 'x')); }), ThrowsErrno(ENAMETOOLONG));
}

TEST(Remove, ReportsThatItMayNot) {
  lesson(6, "'there was none' and 'you may not' are different answers");
  const FreshName name;
  (void)lab01::make_region(name, 100, true);
  const auto outcome = subject([&] {
    const int calls_before = judge::gate::calls("shm_unlink");
    judge::gate::fail_all(lab01::kUnlinking, EACCES);
    (void)lab::remove(name.str());
    return judge::gate::calls("shm_unlink") - calls_before;
  });
  EXPECT_THAT(outcome, testing::AnyOf(ThrowsErrno(EACCES), Returns(0)));  // 0: it has another way, which did not fail
}

}  // namespace
