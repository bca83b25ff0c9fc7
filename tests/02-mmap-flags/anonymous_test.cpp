// Step 2: memory without a name, before and after a fork.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "shm/child.hpp"
#include "support.hpp"

namespace {

using judge::EndsAs;
using judge::Kind;
using judge::lesson;
using judge::random_between;
using judge::Rendezvous;
using judge::Returns;
using judge::subject;
using judge::ThrowsErrno;
using lab::Sharing;

/// Runs this in a forked child, to its end.
void in_a_child(const std::function<void()>& body) {
  auto child = shm::Child::run([&] {
    body();
    return 0;
  });
  (void)child.wait(shm::Deadline::after(judge::patience(std::chrono::seconds{5})));
}

TEST(MapAnonymous, IsZeroAndAsLargeAsAsked) {
  lesson(2, "new memory is zero; the caller's size need not be a multiple of the page's, and is what the mapping says");
  const std::size_t size = random_between(1, 20'000);
  EXPECT_THAT(subject([&] {
                const auto shared = lab::map_anonymous(Sharing::kShared, size);
                const auto own = lab::map_anonymous(Sharing::kPrivate, size);
                return lab02::text_of(shared.bytes()) + lab02::text_of(own.bytes());
              }),
              Returns(std::string(2 * size, '\0')));
}

TEST(MapAnonymous, SharedMemoryIsOneForParentAndChild) {
  lesson(2, "MAP_SHARED decides it before the fork; afterwards there is no name by which the two could meet");
  const std::string down = judge::random_text(8);
  const std::string up = judge::random_text(8);
  EXPECT_THAT(subject([&] {
                Rendezvous written;
                const auto memory = lab::map_anonymous(Sharing::kShared, random_between(16, 9'000));
                auto told = memory.bytes();
                auto child = shm::Child::run([&] {
                  written.await(1);
                  if (lab02::text_of(told.first(8)) == down) lab02::put(told.subspan(8), up);
                  return 0;
                });
                lab02::put(told, down);  // after the fork
                written.arrive();
                (void)child.wait(shm::Deadline::after(judge::patience(std::chrono::seconds{5})));
                return lab02::text_of(told.subspan(8, 8));
              }),
              Returns(up));
}

TEST(MapAnonymous, OfPrivateMemoryEachHasItsOwn) {
  lesson(2, "fork copies private memory, page by page, when one of the two writes: what the child writes stays there");
  EXPECT_THAT(subject([&] {
                const auto memory = lab::map_anonymous(Sharing::kPrivate, random_between(8, 9'000));
                lab02::put(memory.bytes(), "parent");
                in_a_child([&] { lab02::put(memory.bytes(), "child!"); });
                return lab02::text_of(memory.bytes().first(6));
              }),
              Returns("parent"));
}

TEST(MapAnonymous, RefusesNoBytes) {
  lesson(2, "a mapping of no bytes is a mistake of the caller's, to be told at once");
  EXPECT_THAT(subject([] { (void)lab::map_anonymous(Sharing::kShared, 0); }), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([] { (void)lab::map_anonymous(Sharing::kPrivate, 0); }), ThrowsErrno(EINVAL));
}

TEST(MapAnonymous, RefusesASizeThatCannotBe) {
  lesson(2, "who rounds a size up to whole pages must not let it wrap to something small");
  const std::size_t size = SIZE_MAX - random_between(0, 1'000);
  const auto outcome = subject([&] { (void)lab::map_anonymous(Sharing::kPrivate, size); });
  EXPECT_THAT(outcome, EndsAs(Kind::kThrew));
  EXPECT_NE(outcome.error, 0) << "it must be a std::system_error";
}

}  // namespace
