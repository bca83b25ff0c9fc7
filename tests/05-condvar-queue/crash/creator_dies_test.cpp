// A process dies at each of its crash points while it makes a queue.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <system_error>

#include "crashes.hpp"
#include "testing/lesson.hpp"

namespace queue_crash {
namespace {

using explore::require;
using judge::crash_sweep;
using judge::IsSurvived;

// The queue if there is one.
std::optional<lab::Queue> queue_if_made(const shm::Mapping& mapping) {
  try {
    return lab::attach(mapping.bytes(), sizeof(lab05::Item));
  } catch (const std::system_error& error) {
    require(error.code().value() == EINVAL, "a queue that is not whole is refused by EINVAL");
    return std::nullopt;
  }
}

TEST(CreatorDies, WhatIsHalfMadeIsNoQueue) {
  judge::lesson(
      1,
      "The magic number goes first and comes last: whoever finds it finds all that belongs to it, however the "
      "creator ended.");
  SweptQueue swept{3, 2};  // an old queue lies there
  EXPECT_THAT(crash_sweep({.prepare = [&] { swept.make_anew(); },
                           .victim =
                               [&] {
                                 const auto mapping = swept.memory().map();
                                 static_cast<void>(lab::create(mapping.bytes(), 2, sizeof(lab05::Item)));
                               },
                           .survivor =
                               [&] {
                                 const auto mapping = swept.memory().map();
                                 auto queue = queue_if_made(mapping);
                                 if (!queue) queue = lab::create(mapping.bytes(), 2, sizeof(lab05::Item));
                                 const std::uint64_t capacity = queue->identity().capacity;
                                 const auto left = take_all(*queue, 1);
                                 require(left == (capacity == 3 ? 2 : 0),
                                         "the old queue is whole, or the new one empty");
                                 goes_on(*queue, capacity);
                               },
                           .victim_name = "the creator",
                           .survivor_name = "one who attaches"}),
              IsSurvived());
}

}  // namespace
}  // namespace queue_crash
