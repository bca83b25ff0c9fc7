#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "shm/error.hpp"
#include "support.hpp"
#include "testing/deadlines.hpp"
#include "testing/shared.hpp"

namespace {

using judge::FreshName;
using judge::lesson;
using judge::Rendezvous;
using judge::Returns;
using judge::Shared;
using judge::start;
using judge::subject;
using judge::Throws;
using judge::ThrowsErrno;
using judge::gate::Gate;
using judge::gate::When;
using lab01::kBrief;

using Count = Shared<std::atomic<int>>;

/// The usual caller: counts the initialisations, fills the payload, returns what it finds in there.
std::string use(const FreshName& name, Count& initialised, shm::Deadline deadline) {
  const lab::Region region = lab::create_or_attach(
      name.str(), 5, 0600,
      [&](lab::Region& fresh) {
        initialised->fetch_add(1);
        lab01::write_text(fresh, "ready");
      },
      deadline);
  return lab01::read_text(region, 5);
}

/// One who stands in its initialiser until `go`, and gives up there or finishes.
std::string linger(const FreshName& name, Rendezvous& inside, Rendezvous& go, bool give_up) {
  const judge::ArrivesAtTheEnd without_initialising{inside};
  const lab::Region region = lab::create_or_attach(
      name.str(), 5, 0600,
      [&](lab::Region& fresh) {
        inside.arrive();
        go.await(1);
        if (give_up) throw std::runtime_error{"no data"};
        lab01::write_text(fresh, "ready");
      },
      judge::far_away());
  return lab01::read_text(region, 5);
}

TEST(CreateOrAttach, CreatesWhenThereIsNone) {
  lesson(7, "the first to come finds nothing: it makes the object, fills it, and tells the others");
  const FreshName name;
  Count initialised;
  EXPECT_THAT(subject([&] { return use(name, initialised, judge::far_away()); }), Returns(std::string{"ready"}));
  EXPECT_EQ(initialised->load(), 1) << "initialisations";
  EXPECT_THAT(
      subject([&] {
        return std::string{lab01::open_region(name).header().ready.load() != 0 ? "published" : "never published"};
      }),
      Returns(std::string{"published"}));
}

TEST(CreateOrAttach, AttachesWhenThereIsOne) {
  lesson(7, "the second to come must not initialise again: it would wipe out what others have written since");
  const FreshName name;
  const std::string text = judge::random_text(7'000);
  lab01::write_text(lab01::make_region(name, text.size(), true), text);
  Count initialised;
  EXPECT_THAT(subject([&] { return use(name, initialised, judge::far_away()); }), Returns(text.substr(0, 5)));
  EXPECT_EQ(initialised->load(), 0) << "initialisations";
}

TEST(CreateOrAttach, LetsExactlyOneOfManyInitialise) {
  lesson(7, "looking whether it exists and then creating it is a race; O_EXCL makes the system decide");
  const FreshName name;
  Count initialised;
  Rendezvous together;
  const auto peer = [&] {
    together.meet(6);
    return use(name, initialised, judge::far_away());
  };
  std::vector peers{start(peer), start(peer), start(peer), start(peer), start(peer), start(peer)};
  for (auto& one : peers) EXPECT_THAT(one.outcome(), Returns(std::string{"ready"}));
  EXPECT_EQ(initialised->load(), 1) << "initialisations";
}

TEST(CreateOrAttach, NobodyGetsInBeforeItIsInitialised) {
  lesson(7, "an object that is published before it is filled gives the others zeroes, now and then");
  const FreshName name;
  Count initialised;
  Rendezvous inside;
  Rendezvous go;
  auto creator = start([&] { return linger(name, inside, go, false); });
  inside.await(1);
  EXPECT_THAT(subject([&] { return use(name, initialised, judge::soon()); }, kBrief), ThrowsErrno(ETIMEDOUT));
  go.arrive();
  EXPECT_THAT(creator.outcome(), Returns(std::string{"ready"}));
  EXPECT_EQ(initialised->load(), 0) << "initialisations by the one who came second";
}

TEST(CreateOrAttach, WaitsForTheInitialiser) {
  lesson(7, "who comes second waits until the first has filled the object, then sees all of it");
  const FreshName name;
  Count initialised;
  Rendezvous inside;
  Rendezvous go;
  auto creator = start([&] { return linger(name, inside, go, false); });
  inside.await(1);
  Gate tried{lab01::kOpening, When::kAfter};
  auto second = start([&] {
    const auto armed = tried.arm();
    return use(name, initialised, judge::far_away());
  });
  tried.await_arrival();
  tried.open();
  go.arrive();
  EXPECT_THAT(creator.outcome(), Returns(std::string{"ready"}));
  EXPECT_THAT(second.outcome(), Returns(std::string{"ready"}));
  EXPECT_EQ(initialised->load(), 0) << "initialisations by the one who came second";
}

TEST(CreateOrAttach, RemovesWhatCouldNotBeInitialised) {
  lesson(7, "an object that nobody will ever finish makes all others wait in vain, for ever");
  const FreshName name;
  EXPECT_THAT(subject([&] {
                (void)lab::create_or_attach(
                    name.str(), 5, 0600, [](lab::Region&) { throw std::runtime_error{"no data"}; }, judge::far_away());
              }),
              Throws("std::runtime_error"));
  EXPECT_FALSE(name.exists());
  EXPECT_THAT(subject([&] {
                try {
                  (void)lab::create_or_attach(
                      name.str(), 5, 0600, [](lab::Region&) { throw 7; }, judge::far_away());
                } catch (int thrown) {
                  return "the " + std::to_string(thrown) + " that it has thrown";
                }
                return std::string{"nothing thrown"};
              }),
              Returns(std::string{"the 7 that it has thrown"}));
  EXPECT_FALSE(name.exists()) << "an initialiser may throw anything, not only a std::exception";
}

TEST(CreateOrAttach, PassesOnTheInitialisersOwnErrors) {
  lesson(7, "the initialiser may fail with EEXIST or ENOENT itself: about a file of its own, not about your object");
  const FreshName name;
  Count initialised;
  const auto fail_with = [&](int error) {
    return [&, error] {
      (void)lab::create_or_attach(
          name.str(), 5, 0600,
          [&](lab::Region&) {
            initialised->fetch_add(1);
            shm::throw_error(error, "open", "my-settings");
          },
          judge::soon());
    };
  };
  EXPECT_THAT(subject(fail_with(EEXIST), kBrief), ThrowsErrno(EEXIST));
  EXPECT_THAT(subject(fail_with(ENOENT), kBrief), ThrowsErrno(ENOENT));
  EXPECT_EQ(initialised->load(), 2) << "initialisations in two calls";
}

TEST(CreateOrAttach, TakesOverWhenTheCreatorGaveUp) {
  lesson(7, "you were told EEXIST, and a moment later there is none: that is no error, now it is your turn");
  const FreshName name;
  Count initialised;
  Rendezvous inside;
  Rendezvous go;
  auto creator = start([&] { return linger(name, inside, go, true); });
  inside.await(1);
  Gate tried{lab01::kOpening, When::kAfter};
  auto second = start([&] {
    const auto armed = tried.arm();
    return use(name, initialised, judge::far_away());
  });
  tried.await_arrival();  // it knows that there is an object
  go.arrive();
  EXPECT_THAT(creator.outcome(), Throws("std::runtime_error"));
  tried.open();
  EXPECT_THAT(second.outcome(), Returns(std::string{"ready"}));
  EXPECT_EQ(initialised->load(), 1) << "initialisations by the one who came second";
}

TEST(CreateOrAttach, GoesOnUntilOneInitialiserSucceeds) {
  lesson(7, "each who fails makes way for the next; in the end one succeeds and all that are left attach");
  const FreshName name;
  Count attempts;
  Rendezvous together;
  const auto peer = [&] {
    together.meet(5);
    const lab::Region region = lab::create_or_attach(
        name.str(), 5, 0600,
        [&](lab::Region& fresh) {
          if (attempts->fetch_add(1) < 2) throw std::runtime_error{"no data"};
          lab01::write_text(fresh, "ready");
        },
        judge::far_away());
    return lab01::read_text(region, 5);
  };
  std::vector peers{start(peer), start(peer), start(peer), start(peer), start(peer)};
  int failed = 0;
  for (auto& one : peers) {
    const auto outcome = one.outcome();
    EXPECT_THAT(outcome, testing::AnyOf(Returns(std::string{"ready"}), Throws("std::runtime_error")));
    failed += outcome.kind == judge::Kind::kThrew ? 1 : 0;
  }
  EXPECT_EQ(failed, 2) << "processes whose initialiser threw";
  EXPECT_EQ(attempts->load(), 3) << "initialisations tried";
}

TEST(CreateOrAttach, GivesUpAtTheDeadline) {
  lesson(7, "a creator that died in the middle leaves a half-made object: without a deadline all others hang");
  const FreshName name;
  (void)lab01::make_raw(name, 0);
  Count initialised;
  EXPECT_THAT(subject([&] { return use(name, initialised, judge::soon()); }, kBrief), ThrowsErrno(ETIMEDOUT));
  EXPECT_TRUE(name.exists()) << "it may be alive and slow: its object is not yours to take away";
}

}  // namespace
