#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support.hpp"

/// Several processes that grow one object, and those who notice.
namespace {

using judge::FreshName;
using judge::lesson;
using judge::random_between;
using judge::Rendezvous;
using judge::Returns;
using judge::ReturnsNormally;
using judge::start;
using judge::subject;
using judge::gate::Gate;
using judge::gate::When;
using testing::Ge;

/// Holds a grower to 20,000 at this gate while another grows the object to 100,000, then lets it go on.
void overtake(const FreshName& name, Gate& gate) {
  Rendezvous large_is_done;
  auto small = start([&] {
    lab::Region region = lab01::open_region(name);
    const auto armed = gate.arm();
    lab::grow(region, 20'000);
    return region.payload().size();
  });
  gate.await_arrival();
  auto large = start([&] {
    const judge::ArrivesAtTheEnd done{large_is_done};
    lab::Region region = lab01::open_region(name);
    lab::grow(region, 100'000);
    return region.payload().size();
  });
  (void)large_is_done.try_await(1);  // with a lock it cannot be done before the other goes on
  gate.open();
  EXPECT_THAT(small.outcome(), Returns(Ge(20'000U)));
  EXPECT_THAT(large.outcome(), Returns(Ge(100'000U)));
}

TEST(GrowTogether, ALateSmallWishDoesNotShrinkTheObject) {
  lesson(5, "ftruncate sets a size, it does not raise it: between your look and your call another may have grown it");
  const FreshName name;
  (void)lab01::make_region(name, 100, true);
  Gate before_sizing{lab01::kSizing, When::kBefore};
  overtake(name, before_sizing);
  EXPECT_GE(static_cast<std::size_t>(lab01::facts_of(name).st_size), sizeof(lab::Header) + 100'000);
}

TEST(GrowTogether, ALateSmallWishDoesNotLowerTheAnnouncedSize) {
  lesson(5, "a plain store after growing overwrites a larger size with a smaller one: raise it by compare-exchange");
  const FreshName name;
  (void)lab01::make_region(name, 100, true);
  Gate after_sizing{lab01::kSizing, When::kAfter};
  overtake(name, after_sizing);
  EXPECT_EQ(lab01::announced_size(name), 100'000U);
}

TEST(GrowTogether, ASmallWishAfterALargeOneIsNoError) {
  lesson(5, "you can't know what another has just added: a wish above what you have mapped is fulfilled, not EINVAL");
  const FreshName name;
  (void)lab01::make_region(name, 100, true);
  EXPECT_THAT(subject([&] {
                lab::Region ours = lab01::open_region(name);
                lab::Region theirs = lab01::open_region(name);
                lab::grow(theirs, 100'000);
                lab::grow(ours, 20'000);
                return ours.payload().size();
              }),
              Returns(Ge(20'000U)));
  EXPECT_EQ(lab01::announced_size(name), 100'000U);
}

TEST(GrowTogether, TheLargestWishWins) {
  lesson(5, "whatever the order, nobody may lose what it was promised");
  const FreshName name;
  (void)lab01::make_region(name, 100, true);
  std::vector<std::size_t> wishes(4);
  for (std::size_t& wish : wishes) wish = random_between(101, 200'000);
  Rendezvous together;
  const auto grower = [&](std::size_t wish) {
    return [&name, &together, wish] {
      lab::Region region = lab01::open_region(name);
      together.meet(4);
      lab::grow(region, wish);
      lab01::write_text(region, std::string(wish, 'x'));
      return region.payload().size();
    };
  };
  std::vector growers{start(grower(wishes[0])), start(grower(wishes[1])), start(grower(wishes[2])),
                      start(grower(wishes[3]))};
  for (std::size_t i = 0; i < growers.size(); ++i) EXPECT_THAT(growers[i].outcome(), Returns(Ge(wishes[i])));
  EXPECT_EQ(lab01::announced_size(name), *std::max_element(wishes.begin(), wishes.end()));
}

TEST(Refresh, FindsNothingWhenNothingGrew) {
  lesson(5, "it is called often, so 'nothing new' must be cheap and leave all spans valid");
  const FreshName name;
  (void)lab01::make_region(name, 5'000, true);
  EXPECT_THAT(subject([&] {
                lab::Region region = lab01::open_region(name);
                const std::byte* before = region.mapping.data();
                return lab::refresh(region) || region.mapping.data() != before;
              }),
              Returns(false));
}

TEST(Refresh, MapsWhatAnotherProcessAdded) {
  lesson(5, "a mapping does not grow with its object: each process has to map the new part itself");
  const FreshName name;
  const std::string text = judge::random_text(80'000);
  lab01::write_text(lab01::make_region(name, 100, true), text.substr(0, 100));
  Rendezvous attached;
  Rendezvous grown;
  auto noticing = start([&] {
    lab::Region region = lab01::open_region(name);
    attached.arrive();
    grown.await(1);
    return lab::refresh(region) ? lab01::read_text(region) : std::string{"refresh saw nothing"};
  });
  attached.await(1);
  EXPECT_THAT(subject([&] {
                lab::Region region = lab01::open_region(name);
                lab::grow(region, text.size());
                lab01::write_text(region, text);
              }),
              ReturnsNormally());
  grown.arrive();
  EXPECT_THAT(noticing.outcome(), Returns(text));
}

TEST(Refresh, IsTrueOnlyOnce) {
  lesson(5, "true means that spans have ended: to say so again and again makes the caller start over for nothing");
  const FreshName name;
  (void)lab01::make_region(name, 100, true);
  EXPECT_THAT(subject([&] {
                lab::Region ours = lab01::open_region(name);
                lab::Region theirs = lab01::open_region(name);
                lab::grow(theirs, 50'000);
                return std::vector<int>{lab::refresh(ours), lab::refresh(ours), lab::refresh(theirs)};
              }),
              Returns(testing::ElementsAre(1, 0, 0)));
}

TEST(Refresh, TrustsTheObjectNotItsHeader) {
  lesson(5, "a header that claims too much must not make you map what is not there: touching it would be SIGBUS");
  const FreshName name;
  (void)lab01::make_region(name, 100, true);
  EXPECT_THAT(subject([&] {
                lab::Region region = lab01::open_region(name);
                region.header().size.store(1'000'000);
                (void)lab::refresh(region);
                return lab01::read_text(region).size();  // touches each byte
              }),
              Returns(100U));
}

TEST(Refresh, LeavesTheRegionUsableWhenItCannotBeMapped) {
  lesson(5, "when there is no address space for the new mapping, the old one must still be there");
  const FreshName name;
  const std::string text = judge::random_text(100);
  lab01::write_text(lab01::make_region(name, 100, true), text);
  EXPECT_THAT(subject([&] {
                lab::Region ours = lab01::open_region(name);
                lab::Region theirs = lab01::open_region(name);
                lab::grow(theirs, 50'000);
                judge::gate::fail_all(lab01::kMapping, ENOMEM);
                try {
                  (void)lab::refresh(ours);
                } catch (const std::system_error& error) {
                  if (error.code().value() == ENOMEM && ours.mapping) return lab01::read_text(ours);
                }
                return std::string{"no ENOMEM, or nothing mapped any more"};
              }),
              Returns(text));
}

}  // namespace
