// A process dies at each of its crash points while it makes an object, or makes one larger.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <system_error>

#include "shm_object.hpp"
#include "testing/crash.hpp"
#include "testing/fresh_name.hpp"
#include "testing/lesson.hpp"

namespace {

using judge::crash_sweep;
using judge::IsSurvived;

constexpr std::size_t kPayload = 4096;
constexpr std::size_t kGrown = 3 * kPayload;

shm::Deadline at_once() { return shm::Deadline::after(std::chrono::milliseconds{0}); }

void fill(lab::Region& region) { std::memset(region.payload().data(), 7, kPayload); }

// By one look: a story has room for some of them only.
bool is_filled(const lab::Region& region) {
  std::array<std::byte, kPayload> expected{};
  expected.fill(std::byte{7});
  return std::memcmp(region.payload().data(), expected.data(), kPayload) == 0;
}

// The object if it is there and ready; nothing if it is not, in one of the ways in which that may be said.
std::optional<lab::Region> attach_if_ready(const judge::FreshName& name) {
  try {
    return lab::attach(name.str(), at_once());
  } catch (const std::system_error& error) {
    const int code = error.code().value();
    explore::require(code == ENOENT || code == ETIMEDOUT, "an object that is not ready is absent, or times out");
    return std::nullopt;
  }
}

TEST(CreatorDies, NothingThatIsHalfMadeLooksReady) {
  judge::lesson(4,
                "A creator may die after any of its calls. What it leaves is found by the next one: half-made, never "
                "half-ready.");
  const judge::FreshName name;
  EXPECT_THAT(crash_sweep({.prepare = [&] { ::shm_unlink(name.c_str()); },
                           .victim =
                               [&] {
                                 lab::Region region = lab::create(name.str(), kPayload, 0600);
                                 fill(region);
                                 lab::publish(region);
                               },
                           .survivor =
                               [&] {
                                 const auto region = attach_if_ready(name);
                                 if (region) explore::require(is_filled(*region), "what is ready has been filled");
                               },
                           .victim_name = "the creator",
                           .survivor_name = "one who attaches"}),
              IsSurvived());
}

TEST(CreatorDies, WhatItLeftCanBeRemovedAndMadeAnew) {
  judge::lesson(6, "Nobody cleans up after a dead process: its object stays until somebody takes the name away.");
  const judge::FreshName name;
  EXPECT_THAT(crash_sweep({.prepare = [&] { ::shm_unlink(name.c_str()); },
                           .victim =
                               [&] {
                                 static_cast<void>(lab::create_or_attach(
                                     name.str(), kPayload, 0600, [](lab::Region& fresh) { fill(fresh); }, at_once()));
                               },
                           .survivor =
                               [&] {
                                 static_cast<void>(lab::remove(name.str()));
                                 const lab::Region region = lab::create_or_attach(
                                     name.str(), kPayload, 0600, [](lab::Region& fresh) { fill(fresh); }, at_once());
                                 explore::require(is_filled(region), "what is made anew is whole");
                               },
                           .survivor_dies_too = true,
                           .victim_name = "the creator",
                           .survivor_name = "one who begins anew"}),
              IsSurvived());
}

TEST(CreatorDies, WhoDiesWhileItGrowsHarmsNobody) {
  judge::lesson(5,
                "The size is announced when the memory is there: in the other order, a death between the two leaves a "
                "promise that ends in SIGBUS.");
  const judge::FreshName name;
  EXPECT_THAT(crash_sweep({.prepare =
                               [&] {
                                 ::shm_unlink(name.c_str());
                                 lab::Region region = lab::create(name.str(), kPayload, 0600);
                                 fill(region);
                                 lab::publish(region);
                               },
                           .victim =
                               [&] {
                                 lab::Region region = lab::attach(name.str(), at_once());
                                 lab::grow(region, kGrown);
                               },
                           .survivor =
                               [&] {
                                 lab::Region region = lab::attach(name.str(), at_once());
                                 lab::refresh(region);
                                 const std::size_t announced = region.header().size.load();
                                 explore::require(announced <= region.payload().size(),
                                                  "the size that is announced is there");
                                 std::memset(region.payload().data() + kPayload, 1, region.payload().size() - kPayload);
                                 explore::require(is_filled(region), "what it held stays");
                                 lab::grow(region, kGrown);
                                 explore::require(region.payload().size() >= kGrown, "the next one can make it larger");
                               },
                           .survivor_dies_too = true,
                           .victim_name = "one who grows it",
                           .survivor_name = "another"}),
              IsSurvived());
}

}  // namespace
