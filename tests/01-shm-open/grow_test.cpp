#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include "support.hpp"

namespace {

using judge::EndsAs;
using judge::FreshName;
using judge::Kind;
using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::ReturnsNormally;
using judge::subject;

/// What is left of a region and its object after an attempt to grow that failed.
struct Aftermath {
  int error;         ///< 0: it did not fail
  bool usable;       ///< what was mapped before still is, and holds what it did
  std::size_t size;  ///< of the payload
  friend bool operator==(const Aftermath&, const Aftermath&) = default;
  friend void PrintTo(const Aftermath& what, std::ostream* out) {
    *out << (what.error == 0 ? "no error" : judge::describe_errno(what.error)) << ", a region "
         << (what.usable ? "as it was" : "that is damaged") << ", a payload of " << what.size << " bytes";
  }
};

Aftermath try_to_grow(lab::Region& region, std::size_t new_size) {
  const std::string before = lab01::read_text(region);
  Aftermath what{};
  try {
    lab::grow(region, new_size);
  } catch (const std::system_error& error) {
    what.error = error.code().value();
  }
  what.usable = region.mapping && lab01::read_text(region, before.size()) == before;
  what.size = region.mapping ? region.payload().size() : 0;
  return what;
}

TEST(Grow, KeepsWhatWasThereAndAddsZeroes) {
  lesson(5, "growing is no new start: the bytes that were there stay, also when the mapping has to move");
  const FreshName name;
  const std::string text = judge::random_text(random_between(100, 9'000));
  const std::size_t more = random_between(1, 50'000);
  lab01::write_text(lab01::make_region(name, text.size(), true), text);
  EXPECT_THAT(subject([&] {
                lab::Region region = lab01::open_region(name);
                lab::grow(region, text.size() + more);
                return lab01::read_text(region);
              }),
              Returns(text + std::string(more, '\0')));
}

TEST(Grow, MakesTheObjectItselfLarger) {
  lesson(5, "mremap alone succeeds beyond the object's end, and the first touch there is SIGBUS");
  const FreshName name;
  (void)lab01::make_region(name, 100, true);
  EXPECT_THAT(subject([&] {
                lab::Region region = lab01::open_region(name);
                lab::grow(region, 70'000);
                lab01::write_text(region, std::string(70'000, 'x'));
              }),
              ReturnsNormally());
  EXPECT_GE(static_cast<std::size_t>(lab01::facts_of(name).st_size), sizeof(lab::Header) + 70'000);
}

TEST(Grow, AnnouncesTheNewSize) {
  lesson(5, "the header's size is how others notice, without a system call");
  const FreshName name;
  const std::size_t size = random_between(101, 50'000);
  (void)lab01::make_region(name, 100, true);
  EXPECT_THAT(subject([&] {
                lab::Region region = lab01::open_region(name);
                lab::grow(region, size);
              }),
              ReturnsNormally());
  EXPECT_EQ(lab01::announced_size(name), size);
  EXPECT_TRUE(subject([&] { return lab01::open_region(name).header().ready.load() != 0; }).value.value_or(false))
      << "a ready object stays ready";
}

TEST(Grow, ReservesItsSpace) {
  lesson(5, "the added bytes need memory as the first did: ftruncate alone puts SIGBUS off to a later write");
  const FreshName name;
  const std::size_t size = random_between(100'000, 300'000);
  (void)lab01::make_region(name, 100, true);
  EXPECT_THAT(subject([&] {
                lab::Region region = lab01::open_region(name);
                lab::grow(region, size);
              }),
              ReturnsNormally());
  EXPECT_GE(lab01::reserved_bytes(name), sizeof(lab::Header) + size) << "bytes of memory the object has";
}

TEST(Grow, ChangesNothingWhenSpaceRunsOut) {
  lesson(5,
         "who is told ENOSPC goes on with what he had, so that must still be there, in the object and in the header");
  const FreshName name;
  lab01::write_text(lab01::make_region(name, 500, true), judge::random_text(500));
  const std::size_t too_much = lab01::more_than_there_is();
  EXPECT_THAT(subject([&] {
                lab::Region region = lab01::open_region(name);
                return try_to_grow(region, too_much);
              }),
              Returns(Aftermath{.error = ENOSPC, .usable = true, .size = 500}));
  EXPECT_EQ(lab01::announced_size(name), 500U);
  EXPECT_EQ(static_cast<std::size_t>(lab01::facts_of(name).st_size), sizeof(lab::Header) + 500);
}

TEST(Grow, LeavesTheRegionUsableWhenItCannotBeMapped) {
  lesson(5, "who unmaps first and maps then has nothing in hand when the second fails");
  const FreshName name;
  lab01::write_text(lab01::make_region(name, 500, true), judge::random_text(500));
  EXPECT_THAT(subject([&] {
                lab::Region region = lab01::open_region(name);
                judge::gate::fail_all(lab01::kMapping, ENOMEM);
                return try_to_grow(region, 60'000);
              }),
              Returns(Aftermath{.error = ENOMEM, .usable = true, .size = 500}));
}

TEST(Grow, GoesOnAfterASignal) {
  lesson(5, "EINTR means: nothing happened, ask again");
  const FreshName name;
  (void)lab01::make_region(name, 500, true);
  EXPECT_THAT(subject([&] {
                lab::Region region = lab01::open_region(name);
                judge::gate::fail_once(lab01::kReserving, EINTR);
                return try_to_grow(region, 60'000);
              }),
              Returns(Aftermath{.error = 0, .usable = true, .size = 60'000}));
}

TEST(Grow, RefusesToShrink) {
  lesson(5, "a shrinking object kills whoever touches the part that went: SIGBUS, in a process that did nothing wrong");
  const FreshName name;
  lab01::write_text(lab01::make_region(name, 9'000, true), judge::random_text(9'000));
  EXPECT_THAT(subject([&] {
                lab::Region region = lab01::open_region(name);
                return try_to_grow(region, 8'999);
              }),
              Returns(Aftermath{.error = EINVAL, .usable = true, .size = 9'000}));
  EXPECT_EQ(static_cast<std::size_t>(lab01::facts_of(name).st_size), sizeof(lab::Header) + 9'000);
  EXPECT_EQ(lab01::announced_size(name), 9'000U);
}

TEST(Grow, AcceptsTheSizeItHas) {
  lesson(5, "to ask for what is there already is no error: there is just nothing to do");
  const FreshName name;
  lab01::write_text(lab01::make_region(name, 9'000, true), judge::random_text(9'000));
  EXPECT_THAT(subject([&] {
                lab::Region region = lab01::open_region(name);
                return try_to_grow(region, 9'000);
              }),
              Returns(Aftermath{.error = 0, .usable = true, .size = 9'000}));
}

TEST(Grow, RefusesASizeThatCannotBe) {
  lesson(5, "size_t wraps: SIZE_MAX plus a header is less than the object has, and looks like success");
  const FreshName name;
  (void)lab01::make_region(name, 10, true);
  const std::size_t wraps = SIZE_MAX - random_between(0, sizeof(lab::Header) - 2);  // with a header: 1 byte or more
  const auto outcome = subject([&] {
    lab::Region region = lab01::open_region(name);
    lab::grow(region, wraps);
  });
  EXPECT_THAT(outcome, EndsAs(Kind::kThrew));
  EXPECT_NE(outcome.error, 0) << "it must be a std::system_error";
  EXPECT_EQ(lab01::announced_size(name), 10U);
}

TEST(Grow, MovesWhenThereIsNoRoomBehind) {
  lesson(5, "a mapping can only grow in place if nothing lies behind it; MREMAP_MAYMOVE lets it go elsewhere");
  const FreshName name;
  (void)lab01::make_region(name, 100, true);
  EXPECT_THAT(
      subject([&] {
        lab::Region region = lab01::open_region(name);
        std::byte* behind = region.mapping.data() + 4'096;
        void* wall = ::mmap(behind, 4'096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        const shm::Mapping owned{wall == MAP_FAILED ? nullptr : wall, 4'096};  // else something is there already
        lab::grow(region, 90'000);
        return lab01::read_text(region).size();
      }),
      Returns(90'000U));
}

}  // namespace
