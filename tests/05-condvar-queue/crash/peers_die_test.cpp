// A process dies at each of its crash points, in a push, a pop, a wait, a close; another one goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crashes.hpp"
#include "testing/lesson.hpp"

namespace queue_crash {
namespace {

using explore::require;
using judge::crash_sweep;
using judge::IsSurvived;

TEST(ProducerDies, InTheMiddleOfAPush) {
  judge::lesson(3,
                "Of a producer that dies, an item is in the queue as a whole or not at all: let one last store decide, "
                "or repair.");
  SweptQueue swept{3};
  EXPECT_THAT(crash_sweep({.prepare = [&] { swept.make_anew(); },
                           .victim =
                               [&] {
                                 const auto peer = swept.attach();
                                 for (std::uint64_t number = 1; number <= 2; ++number) {
                                   if (lab05::try_push(peer.queue, number) == number) swept.done();
                                 }
                               },
                           .survivor =
                               [&] {
                                 const auto peer = swept.attach();
                                 const auto taken = take_all(peer.queue, 1);
                                 require(taken >= swept.so_far(), "nothing that was pushed is lost");
                                 require(taken <= swept.so_far() + 1, "nothing is there that nobody pushed");
                                 goes_on(peer.queue, 3);
                               },
                           .victim_name = "the producer",
                           .survivor_name = "the consumer"}),
              IsSurvived());
}

TEST(ConsumerDies, InTheMiddleOfAPop) {
  judge::lesson(3, "Of a consumer that dies, an item is gone or still there, but never seen by two.");
  SweptQueue swept{3, 3};
  EXPECT_THAT(crash_sweep({.prepare = [&] { swept.make_anew(); },
                           .victim =
                               [&] {
                                 const auto peer = swept.attach();
                                 for (std::uint64_t number = 1; number <= 2; ++number) {
                                   if (lab05::try_pop(peer.queue) == number) swept.done();
                                 }
                               },
                           .survivor =
                               [&] {
                                 const auto peer = swept.attach();
                                 const auto left = lab::size(peer.queue);
                                 require(left + swept.so_far() <= 3, "what was taken is gone");
                                 require(left + swept.so_far() + 1 >= 3, "what was not taken is there");
                                 require(take_all(peer.queue, 4 - left) == left, "as many are there as it says");
                                 goes_on(peer.queue, 3);
                               },
                           .victim_name = "the consumer",
                           .survivor_name = "another consumer"}),
              IsSurvived());
}

TEST(ConsumerDies, WhileItWaits) {
  judge::lesson(6, "Who waits may die before it sleeps, while it sleeps and when it has just been woken.");
  SweptQueue swept{2};
  EXPECT_THAT(crash_sweep({.prepare = [&] { swept.make_anew(); },
                           .victim =
                               [&] {
                                 const auto peer = swept.attach();
                                 const auto in_a_moment = shm::Deadline::after(std::chrono::milliseconds{5});
                                 static_cast<void>(lab05::pop(peer.queue, in_a_moment));
                               },
                           .survivor =
                               [&] {
                                 const auto peer = swept.attach();
                                 goes_on(peer.queue, 2);
                                 const auto in_a_moment = shm::Deadline::after(std::chrono::milliseconds{5});
                                 require(lab05::pop(peer.queue, in_a_moment) == lab05::kNotYet, "others can wait");
                                 goes_on(peer.queue, 2);
                               },
                           .victim_name = "the consumer",
                           .survivor_name = "another one"}),
              IsSurvived());
}

TEST(CloserDies, InTheMiddleOfAClose) {
  judge::lesson(5, "A queue is closed or it is not; in both cases what is in it comes out.");
  SweptQueue swept{2, 1};
  EXPECT_THAT(crash_sweep({.prepare = [&] { swept.make_anew(); },
                           .victim =
                               [&] {
                                 const auto peer = swept.attach();
                                 lab::close(peer.queue);
                                 swept.done();
                               },
                           .survivor =
                               [&] {
                                 const auto peer = swept.attach();
                                 const auto result = lab05::try_push(peer.queue, 2);
                                 require(result == lab05::kClosed || result == 2, "it is closed, or it is not");
                                 require(result == lab05::kClosed || swept.so_far() == 0, "what was closed stays so");
                                 const std::uint64_t expected = result == 2 ? 2 : 1;
                                 require(take_all(peer.queue, 1) == expected, "what is in it comes out");
                                 lab::close(peer.queue);
                                 require(lab05::try_pop(peer.queue) == lab05::kClosed, "it can be closed once more");
                               },
                           .victim_name = "the one who closes",
                           .survivor_name = "another one"}),
              IsSurvived());
}

}  // namespace
}  // namespace queue_crash
