#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>

#include "support.hpp"
#include "testing/deadlines.hpp"

/// Objects that exist but cannot be used yet, or never.
namespace {

using judge::FreshName;
using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::ReturnsNormally;
using judge::start;
using judge::subject;
using judge::ThrowsErrno;
using judge::gate::Gate;
using judge::gate::When;
using lab01::kBrief;
using testing::AnyOf;

/// How attach ended, and whether it had waited for as long as it was told to.
struct Waited {
  int error;
  bool until_the_deadline;
  friend bool operator==(const Waited&, const Waited&) = default;
  friend void PrintTo(const Waited& waited, std::ostream* out) {
    *out << (waited.error == 0 ? "an object" : judge::describe_errno(waited.error))
         << (waited.until_the_deadline ? " after" : " before") << " the deadline";
  }
};
constexpr Waited kTimedOut{.error = ETIMEDOUT, .until_the_deadline = true};

/// Attaches, with some 40 ms to wait.
auto wait_for(const FreshName& name) {
  return subject(
      [&name] {
        const shm::Deadline deadline = judge::soon();
        Waited waited{};
        try {
          (void)lab::attach(name.str(), deadline);
        } catch (const std::system_error& error) {
          waited.error = error.code().value();
        }
        waited.until_the_deadline = deadline.passed();
        return waited;
      },
      kBrief);
}

TEST(HalfMade, AnObjectThatIsNeverSizedTimesOut) {
  lesson(3, "between shm_open and ftruncate the object has no bytes: mapping it works, touching it is SIGBUS");
  const FreshName name;
  (void)lab01::make_raw(name, 0);
  EXPECT_THAT(wait_for(name), Returns(kTimedOut));
}

TEST(HalfMade, AnObjectThatIsNeverReadyTimesOut) {
  lesson(3, "an object with its full size may still be empty: its creator is about to fill it, or has died");
  const FreshName name;
  (void)lab01::make_region(name, 500, false);
  EXPECT_THAT(wait_for(name), Returns(kTimedOut));
}

TEST(HalfMade, AForeignObjectTooSmallForAHeaderTimesOut) {
  lesson(3, "another program's object may bear the name: if it cannot hold a header, it has none to believe");
  const FreshName name;
  const shm::UniqueFd fd = lab01::make_raw(name, 0);
  const std::string noise(random_between(1, sizeof(lab::Header) - 1), '\xff');
  ASSERT_EQ(::pwrite(fd.get(), noise.data(), noise.size(), 0), static_cast<ssize_t>(noise.size()));
  EXPECT_THAT(wait_for(name), Returns(kTimedOut));
}

TEST(HalfMade, ItIsWaitedForUntilItIsReady) {
  lesson(3, "creating takes time; who comes a moment too early should get the object, not an error");
  const FreshName name;
  const shm::UniqueFd fd = lab01::make_raw(name, 0);
  Gate opened{lab01::kOpening, When::kAfter};
  auto early = start([&] {
    const auto armed = opened.arm();
    return lab01::read_text(lab::attach(name.str(), judge::far_away()));
  });
  opened.await_arrival();  // it has the object open, which has no bytes yet
  opened.open();
  const std::string text = judge::random_text(5'000);
  ASSERT_EQ(::ftruncate(fd.get(), static_cast<off_t>(sizeof(lab::Header) + text.size())), 0);
  const lab::Region region = lab01::open_region(name);
  lab01::write_text(region, text);
  region.header().size.store(text.size());
  region.header().ready.store(1);
  EXPECT_THAT(early.outcome(), Returns(text));
}

TEST(HalfMade, ItMayGrowBeforeItIsReady) {
  lesson(3, "the size that counts is the one after you saw it ready; what you asked before may be out of date");
  const FreshName name;
  lab::Region region = lab01::make_region(name, 100, false);
  Gate looked{{"fstat", "mmap", "mremap"}, When::kAfter};
  auto early = start([&] {
    const auto armed = looked.arm();
    return lab::attach(name.str(), judge::far_away()).payload().size();
  });
  looked.await_arrival();  // it has looked at the size, which is still small
  ASSERT_EQ(::ftruncate(region.fd.get(), static_cast<off_t>(sizeof(lab::Header) + 30'000)), 0);
  region.header().size.store(30'000);
  region.header().ready.store(1);
  looked.open();
  EXPECT_THAT(early.outcome(), Returns(30'000U));
}

/// The name goes while somebody waits for the object.
auto attach_and_lose(const FreshName& name) {
  Gate opened{lab01::kOpening, When::kAfter};
  auto waiting = start(
      [&] {
        const auto armed = opened.arm();
        (void)lab::attach(name.str(), judge::far_away());
      },
      kBrief);
  opened.await_arrival();
  ::shm_unlink(name.c_str());
  opened.open();
  return waiting.outcome();
}

TEST(HalfMade, AnUnsizedObjectThatLosesItsNameIsGone) {
  lesson(3, "its creator failed and took the name away: nobody will ever make this object ready");
  const FreshName name;
  (void)lab01::make_raw(name, 0);
  EXPECT_THAT(attach_and_lose(name), ThrowsErrno(ENOENT));
}

TEST(HalfMade, ASizedObjectThatLosesItsNameIsGone) {
  lesson(3, "also an object that has its size may be given up before it is ready: look at st_nlink each time");
  const FreshName name;
  (void)lab01::make_region(name, 5'000, false);
  EXPECT_THAT(attach_and_lose(name), ThrowsErrno(ENOENT));
}

TEST(HalfMade, ACreatorInTheMiddleIsNoDanger) {
  lesson(3, "your own creator is caught between naming and sizing the object: who attaches now must not die of SIGBUS");
  const FreshName name;
  Gate sizing{lab01::kSizing, When::kBefore};
  auto creator = start([&] {
    const auto armed = sizing.arm();
    lab::Region region = lab::create(name.str(), 6'000, 0600);
    lab01::write_text(region, "filled");
    lab::publish(region);
  });
  sizing.await_arrival();
  const auto early = subject([&] { (void)lab::attach(name.str(), judge::soon()); }, kBrief);
  EXPECT_THAT(early, AnyOf(ThrowsErrno(ETIMEDOUT), ThrowsErrno(ENOENT)));  // there are ways to name it last
  sizing.open();
  EXPECT_THAT(creator.outcome(), ReturnsNormally());
  EXPECT_THAT(subject([&] { return lab01::read_text(lab::attach(name.str(), judge::far_away()), 6); }, kBrief),
              Returns(std::string{"filled"}));
}

}  // namespace
