// A process dies at each of its crash points while it makes a buffer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <system_error>

#include "crashes.hpp"
#include "testing/lesson.hpp"

namespace buffer_crash {
namespace {

using explore::require;

// The buffer if there is one of this kind.
std::optional<lab::Buffer> buffer_if_made(const shm::Mapping& mapping, Kind kind) {
  try {
    return lab::attach(mapping.bytes(), kind, kSize);
  } catch (const std::system_error& error) {
    require(error.code().value() == EINVAL, "a buffer that is not whole is refused by EINVAL");
    return std::nullopt;
  }
}

constexpr std::uint64_t kValues = 21;  // so many that the old word, read as the other kind's, says something

TEST(CreatorDies, WhatIsHalfMadeIsNoBuffer) {
  judge::lesson(
      1,
      "The magic number goes first and comes last: whoever finds it finds all that belongs to it, however the "
      "creator ended.");
  SweptBuffer swept{Kind::kSeqlock};  // an old buffer lies there
  EXPECT_THAT(judge::crash_sweep({.prepare = [&] { swept.make_anew(kValues); },
                                  .victim =
                                      [&] {
                                        const auto mapping = swept.memory().map();
                                        static_cast<void>(lab::create(mapping.bytes(), Kind::kTriple, kSize));
                                      },
                                  .survivor =
                                      [&] {
                                        const auto mapping = swept.memory().map();
                                        if (const auto old = buffer_if_made(mapping, Kind::kSeqlock)) {
                                          Side side{Kind::kSeqlock, *old, kSize};
                                          require(side.read() == kValues, "the old buffer is as it was");
                                          return;
                                        }
                                        auto made = buffer_if_made(mapping, Kind::kTriple);
                                        if (!made) made = lab::create(mapping.bytes(), Kind::kTriple, kSize);
                                        Side side{Kind::kTriple, *made, kSize};
                                        require(side.read() == 0, "a new buffer has no value");
                                        goes_on(side, 0);
                                      },
                                  .victim_name = "the creator",
                                  .survivor_name = "one who attaches"}),
              judge::IsSurvived());
}

}  // namespace
}  // namespace buffer_crash
