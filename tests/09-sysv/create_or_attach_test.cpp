#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <vector>

#include "coming.hpp"
#include "shm/error.hpp"

namespace {

using judge::far_away;
using judge::lesson;
using judge::Rendezvous;
using judge::Returns;
using judge::start;
using judge::subject;
using judge::Throws;
using judge::ThrowsErrno;
using judge::gate::Gate;
using judge::gate::When;
using lab09::come;
using lab09::contents;
using lab09::Count;
using lab09::FreshPlace;
using lab09::kBrief;
using lab09::linger;

TEST(CreateOrAttach, CreatesAndThenAttaches) {
  lesson(6, "the first to come makes and fills it; the second must not, or he wipes out what was written since");
  const FreshPlace fresh;
  Count initialised;
  EXPECT_THAT(subject([&] { return come(fresh, initialised, far_away()); }), Returns(std::string{"ready"}));
  EXPECT_EQ(initialised->load(), 1) << "initialisations";
  const auto segment = lab09::attach_raw(fresh.id());
  EXPECT_EQ(segment.header().magic.load(), lab::kMagic);
  lab09::write_text(segment, "since");
  EXPECT_THAT(subject([&] { return come(fresh, initialised, far_away()); }), Returns(std::string{"since"}));
  EXPECT_EQ(initialised->load(), 1) << "initialisations";
}

TEST(CreateOrAttach, LetsExactlyOneOfManyInitialise) {
  lesson(6, "looking whether it exists and then creating it is a race; IPC_EXCL makes the system decide");
  const FreshPlace fresh;
  Count initialised;
  Rendezvous together;
  const auto peer = [&] {
    together.meet(6);
    return come(fresh, initialised, far_away());
  };
  std::vector peers{start(peer), start(peer), start(peer), start(peer), start(peer), start(peer)};
  for (auto& one : peers) EXPECT_THAT(one.outcome(), Returns(std::string{"ready"}));
  EXPECT_EQ(initialised->load(), 1) << "initialisations";
}

TEST(CreateOrAttach, WaitsForTheInitialiser) {
  lesson(6, "who comes second waits until the first has filled the segment, then sees all of it");
  const FreshPlace fresh;
  Count initialised;
  Rendezvous inside;
  Rendezvous go;
  auto creator = start([&] { return linger(fresh, inside, go, false); });
  inside.await(1);
  EXPECT_THAT(subject([&] { return come(fresh, initialised, judge::soon()); }, kBrief), ThrowsErrno(ETIMEDOUT));
  Gate attached{{"shmat"}, When::kAfter};
  auto second = start([&] {
    const auto armed = attached.arm();
    return come(fresh, initialised, far_away());
  });
  attached.await_arrival();
  attached.open();
  go.arrive();
  EXPECT_THAT(creator.outcome(), Returns(std::string{"ready"}));
  EXPECT_THAT(second.outcome(), Returns(std::string{"ready"}));
  EXPECT_EQ(initialised->load(), 0) << "initialisations by the one who came second";
}

TEST(CreateOrAttach, RemovesWhatCouldNotBeInitialised) {
  lesson(6, "a segment that nobody will ever finish makes all others wait in vain");
  const FreshPlace fresh;
  EXPECT_THAT(
      subject([&] {
        static_cast<void>(lab::create_or_attach(
            fresh.place(), contents(5), 0600, [](lab::Segment&) { throw std::runtime_error{"no data"}; }, far_away()));
      }),
      Throws("std::runtime_error"));
  EXPECT_FALSE(fresh.is_taken());
  EXPECT_THAT(subject([&] {
                try {
                  static_cast<void>(lab::create_or_attach(
                      fresh.place(), contents(5), 0600, [](lab::Segment&) { throw 7; }, far_away()));
                } catch (int thrown) {
                  return "the " + std::to_string(thrown) + " that it has thrown";
                }
                return std::string{"nothing thrown"};
              }),
              Returns(std::string{"the 7 that it has thrown"}));
  EXPECT_FALSE(fresh.is_taken()) << "an initialiser may throw anything, not only a std::exception";
}

TEST(CreateOrAttach, RemovesNoOtherThanItsOwn) {
  lesson(6, "while it was initialised another may have removed it, and made a new one: by the key, that would go");
  const FreshPlace fresh;
  Rendezvous inside;
  Rendezvous go;
  auto creator = start([&] { return linger(fresh, inside, go, true); });
  inside.await(1);
  fresh.clear();
  const int next = lab09::make_segment(fresh.place(), {.text = "another's"});
  go.arrive();
  EXPECT_THAT(creator.outcome(), Throws("std::runtime_error"));
  EXPECT_THAT(next, lab09::has_the_key_of(fresh)) << "the other's segment";
}

TEST(CreateOrAttach, PassesOnTheInitialisersOwnErrors) {
  lesson(6, "the initialiser may fail with EEXIST or ENOENT itself: about a file of its own, not about your segment");
  const FreshPlace fresh;
  Count initialised;
  const auto fail_with = [&](int error) {
    return [&, error] {
      static_cast<void>(lab::create_or_attach(
          fresh.place(), contents(5), 0600,
          [&](lab::Segment&) {
            initialised->fetch_add(1);
            shm::throw_error(error, "open", "my-settings");
          },
          judge::soon()));
    };
  };
  EXPECT_THAT(subject(fail_with(EEXIST), kBrief), ThrowsErrno(EEXIST));
  EXPECT_THAT(subject(fail_with(ENOENT), kBrief), ThrowsErrno(ENOENT));
  EXPECT_EQ(initialised->load(), 2) << "initialisations in two calls";
}

TEST(CreateOrAttach, TakesOverWhenTheCreatorGaveUp) {
  lesson(6, "you were told EEXIST, and a moment later there is none: that is no error, now it is your turn");
  const FreshPlace fresh;
  Count initialised;
  Rendezvous inside;
  Rendezvous go;
  auto creator = start([&] { return linger(fresh, inside, go, true); });
  inside.await(1);
  Gate attached{{"shmat"}, When::kAfter};
  auto second = start([&] {
    const auto armed = attached.arm();
    return come(fresh, initialised, far_away());
  });
  attached.await_arrival();  // it waits for the creator
  go.arrive();
  EXPECT_THAT(creator.outcome(), Throws("std::runtime_error"));
  attached.open();
  EXPECT_THAT(second.outcome(), Returns(std::string{"ready"}));
  EXPECT_EQ(initialised->load(), 1) << "initialisations by the one who came second";
}

TEST(CreateOrAttach, BeginsAnewWheneverTheSegmentGoes) {
  lesson(6,
         "it may go at any moment between EEXIST and your being attached: ENOENT, EINVAL and EIDRM all say the same");
  for (int call = 2; call <= lab09::kMostCalls; ++call) {
    const FreshPlace fresh;
    const int id = lab09::make_segment(fresh.place(), {.text = "other"});
    Count initialised;
    Gate between{lab09::kEveryCall, When::kBefore, call};
    auto second = start([&] {
      const auto armed = between.arm();
      return come(fresh, initialised, far_away());
    });
    const bool stands = between.await_arrival();
    if (stands) ::shmctl(id, IPC_RMID, nullptr);
    between.open();
    EXPECT_THAT(second.outcome(), testing::AnyOf(Returns(std::string{"ready"}), Returns(std::string{"other"})))
        << "held before its call " << call;
  }
}

TEST(CreateOrAttach, RefusesStrangers) {
  lesson(6, "whoever has the key, if it is not one of yours, you must not wait for it, and not replace it");
  const FreshPlace fresh;
  Count initialised;
  const auto coming = [&] { return subject([&] { return come(fresh, initialised, far_away()); }, kBrief); };
  const auto is_left_alone = [&](const lab09::Proper& what) {
    const int id = lab09::make_segment(fresh.place(), what);
    EXPECT_THAT(coming(), ThrowsErrno(EINVAL));
    EXPECT_THAT(id, lab09::has_the_key_of(fresh));
    fresh.clear();
  };
  is_left_alone({.text = "theirs", .magic = 5});
  is_left_alone({.type = 2, .text = "a ring"});
  is_left_alone({.text = "tiny"});
  is_left_alone({.text = "newer", .version = 2});
  EXPECT_EQ(initialised->load(), 0) << "initialisations";
  static_cast<void>(judge::experiment([&] { lab09::make_segment(fresh.place(), {.text = "theirs", .magic = 5}); }));
  const int id = fresh.id();  // that its creator has ended says nothing about it
  EXPECT_THAT(coming(), ThrowsErrno(EINVAL));
  EXPECT_THAT(id, lab09::has_the_key_of(fresh));
}

}  // namespace
