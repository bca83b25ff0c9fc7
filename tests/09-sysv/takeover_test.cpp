#include <gtest/gtest.h>
#include <signal.h>
#include <sys/shm.h>

#include <cerrno>
#include <string>
#include <vector>

#include "coming.hpp"

/// What a dead creator leaves, and who takes it over.
namespace {

using judge::far_away;
using judge::lesson;
using judge::Rendezvous;
using judge::Returns;
using judge::start;
using judge::subject;
using judge::ThrowsErrno;
using judge::gate::Gate;
using judge::gate::When;
using lab09::come;
using lab09::Count;
using lab09::FreshPlace;
using lab09::kBrief;
using lab09::linger;

/// A creator that dies before it has published. How far it comes:
enum class Death { kBeforeItIsAttached, kBeforeItIsFilled, kInItsInitialiser };
void dies(const FreshPlace& fresh, Death death) {
  static_cast<void>(judge::experiment([&] {
    switch (death) {
      case Death::kBeforeItIsAttached:
        lab09::make_raw(fresh.place(), sizeof(lab::Header) + 5);
        break;
      case Death::kBeforeItIsFilled:
        lab09::make_segment(fresh.place(), {.text = "half.", .is_ready = false});
        break;
      case Death::kInItsInitialiser: {
        lab09::make_segment(fresh.place(), {.text = "half.", .is_ready = false});
        const auto attached = lab09::attach_raw(fresh.id());
        ::raise(SIGKILL);
      }
    }
    ::raise(SIGKILL);
  }));
}

TEST(Takeover, MakesAnewWhatADeadCreatorLeft) {
  lesson(
      6,
      "a half-made segment of a dead creator keeps the key for ever: the next one must take it away, and be creator");
  for (const auto death : {Death::kBeforeItIsAttached, Death::kBeforeItIsFilled, Death::kInItsInitialiser}) {
    const FreshPlace fresh;
    dies(fresh, death);
    const int old = fresh.id();
    ASSERT_NE(old, -1);
    Count initialised;
    EXPECT_THAT(subject([&] { return come(fresh, initialised, far_away()); }, kBrief), Returns(std::string{"ready"}));
    EXPECT_EQ(initialised->load(), 1) << "initialisations";
    EXPECT_FALSE(lab09::is_there(old)) << "the half-made one";
    EXPECT_NE(fresh.id(), -1);
  }
}

TEST(Takeover, LeavesTheLivingTime) {
  lesson(6, "nobody attached does not mean that nobody is there: its creator may be just about to attach it");
  const FreshPlace fresh;
  Count initialised;
  Gate attaching{{"shmat"}, When::kBefore};
  auto creator = start([&] {
    const auto armed = attaching.arm();
    return come(fresh, initialised, far_away());
  });
  attaching.await_arrival();
  const int id = fresh.id();
  EXPECT_THAT(subject([&] { return come(fresh, initialised, judge::soon()); }, kBrief), ThrowsErrno(ETIMEDOUT));
  EXPECT_THAT(id, lab09::has_the_key_of(fresh));
  EXPECT_FALSE(lab09::is_marked(id));
  attaching.open();
  EXPECT_THAT(creator.outcome(), Returns(std::string{"ready"}));
  EXPECT_EQ(initialised->load(), 1) << "initialisations";
}

TEST(Takeover, KeepsWhatAnEndedCreatorHasPublished) {
  lesson(6,
         "between \"it is not ready\" and \"its creator is gone\" it may publish and end, its work done: look again");
  for (int call = 2; call <= lab09::kMostCalls + 3; ++call) {
    const FreshPlace fresh;
    Count initialised;
    Rendezvous inside;
    Rendezvous go;
    Gate between{lab09::kEveryCall, When::kBefore, call};
    auto second = start(  // first, for a subject may not send a signal to those that were there before it
        [&] {
          inside.await(1);
          const auto armed = between.arm();
          return come(fresh, initialised, far_away());
        },
        kBrief);
    auto creator = start([&] { return linger(fresh, inside, go, false); });
    inside.await(1);
    const int id = fresh.id();
    between.await_arrival();
    go.arrive();
    EXPECT_THAT(creator.outcome(), Returns(std::string{"ready"}));  // and it is gone
    between.open();
    EXPECT_THAT(second.outcome(), Returns(std::string{"ready"})) << "held before its call " << call;
    EXPECT_EQ(initialised->load(), 0) << "initialisations by the one who came second";
    EXPECT_THAT(id, lab09::has_the_key_of(fresh)) << "the segment that was published";
  }
  const FreshPlace fresh;
  static_cast<void>(judge::experiment([&] { lab09::make_segment(fresh.place(), {.text = "kept."}); }));
  Count initialised;
  EXPECT_THAT(subject([&] { return come(fresh, initialised, far_away()); }, kBrief), Returns(std::string{"kept."}));
}

TEST(Takeover, IsDoneOnceWhenTwoSurvive) {
  lesson(6,
         "both see that the creator is dead, and the slower one removes: by the key, that would be the faster one's");
  for (int call = 2; call <= lab09::kMostCalls + 3; ++call) {
    const FreshPlace fresh;
    dies(fresh, Death::kInItsInitialiser);
    Count by_the_slow;
    Count by_the_fast;
    Gate between{lab09::kEveryCall, When::kBefore, call};
    auto slow = start(
        [&] {
          const auto armed = between.arm();
          return come(fresh, by_the_slow, far_away());
        },
        kBrief);
    between.await_arrival();
    const auto fast = subject([&] { return come(fresh, by_the_fast, judge::soon()); }, kBrief);
    between.open();
    EXPECT_THAT(slow.outcome(), Returns(std::string{"ready"})) << "held before its call " << call;
    // It waits for one who is held after he has become the creator.
    EXPECT_THAT(fast, testing::AnyOf(Returns(std::string{"ready"}), ThrowsErrno(ETIMEDOUT)))
        << "while another is held before its call " << call;
    EXPECT_EQ(by_the_slow->load() + by_the_fast->load(), 1) << "initialisations";
  }
  const FreshPlace fresh;
  dies(fresh, Death::kInItsInitialiser);
  Count initialised;
  const auto survivor = [&](Gate& attached) {
    return start(
        [&] {
          const auto armed = attached.arm();
          return come(fresh, initialised, far_away());
        },
        kBrief);
  };
  Gate one_has_it{{"shmat"}, When::kAfter};
  Gate other_has_it{{"shmat"}, When::kAfter};
  auto one = survivor(one_has_it);
  auto other = survivor(other_has_it);
  one_has_it.await_arrival();
  other_has_it.await_arrival();
  one_has_it.open();
  other_has_it.open();
  EXPECT_THAT(one.outcome(), Returns(std::string{"ready"})) << "both have it attached";
  EXPECT_THAT(other.outcome(), Returns(std::string{"ready"})) << "both have it attached";
  EXPECT_EQ(initialised->load(), 1) << "initialisations";
}

}  // namespace
