// A process dies at each of its crash points while it makes a ring.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

#include "crashes.hpp"
#include "testing/lesson.hpp"

namespace ring_crash {
namespace {

using judge::crash_sweep;
using judge::IsSurvived;
using lab::Line;
using lab::Ring;

// The ring if there is one.
std::optional<Ring<Line>> ring_if_made(const shm::Mapping& mapping) {
  try {
    return Ring<Line>::attach(mapping.bytes());
  } catch (const std::system_error& error) {
    explore::require(error.code().value() == EINVAL, "a ring that is not whole is refused by EINVAL");
    return std::nullopt;
  }
}

TEST(CreatorDies, WhatIsHalfMadeIsNoRing) {
  judge::lesson(1,
                "The magic number is written last: whoever finds it finds all that comes before, however its creator "
                "ended.");
  const judge::SharedMemory memory;
  EXPECT_THAT(crash_sweep({.prepare =
                               [&] {
                                 const auto mapping = memory.map();
                                 std::ranges::fill(mapping.bytes(),
                                                   std::byte{0xA5});  // rubbish, as create() may find it
                               },
                           .victim =
                               [&] {
                                 const auto mapping = memory.map();
                                 static_cast<void>(Ring<Line>::create(mapping.bytes(), 2));
                               },
                           .survivor =
                               [&] {
                                 const auto mapping = memory.map();
                                 auto ring = ring_if_made(mapping);
                                 if (!ring) ring = Ring<Line>::create(mapping.bytes(), 2);
                                 succeed(*ring, lab::Side::kConsumer);
                                 ring->take_seat(lab::Side::kProducer, judge::soon());
                                 explore::require(ring->try_push(Line::numbered(1)), "what is found works");
                                 ring->leave_seat(lab::Side::kProducer);
                                 explore::require(take_all(*ring, 1, true) == 1, "what is pushed arrives");
                               },
                           .victim_name = "the creator",
                           .survivor_name = "one who attaches"}),
              IsSurvived());
}

}  // namespace
}  // namespace ring_crash
