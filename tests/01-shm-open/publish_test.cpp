#include <gtest/gtest.h>

#include <cstdint>
#include <thread>

#include "support.hpp"

namespace {

using judge::FreshName;
using judge::lesson;
using judge::Returns;
using judge::ReturnsNormally;
using judge::subject;

TEST(Publish, IsNotReadyBefore) {
  lesson(4, "ready means: somebody has filled it. A new object is all zeroes, and that must mean no");
  const FreshName name;
  (void)lab01::make_region(name, 100, false);
  EXPECT_THAT(subject([&] { return lab::is_ready(lab01::open_region(name)); }), Returns(false));
}

TEST(Publish, IsSeenByOtherProcesses) {
  lesson(4, "the flag lies in the object, not in your Region: else only you would know");
  const FreshName name;
  (void)lab01::make_region(name, 100, false);
  EXPECT_THAT(subject([&] {
                lab::Region region = lab01::open_region(name);
                lab::publish(region);
              }),
              ReturnsNormally());
  EXPECT_THAT(subject([&] { return lab::is_ready(lab01::open_region(name)); }), Returns(true));
  EXPECT_EQ(lab01::announced_size(name), 100U) << "the size must stay";
}

// Two threads on one mapping, for ThreadSanitizer sees neither two processes nor two mappings of one object.
TEST(Publish, LetsReadersTrustThePayload) {
  lesson(4, "without release and acquire a reader may see the flag before it sees what the flag announces");
  const FreshName name;
  constexpr std::size_t kBytes = 300;
  EXPECT_THAT(subject([&] {
                lab::Region region = lab01::make_region(name, kBytes, false);
                std::size_t sevens = 0;
                std::jthread writer{[&region] {
                  for (std::byte& byte : region.payload()) byte = std::byte{7};
                  lab::publish(region);
                }};
                std::jthread reader{[&region, &sevens] {
                  const auto deadline = shm::Deadline::after(judge::patience(std::chrono::seconds{5}));
                  while (!lab::is_ready(region)) {
                    if (deadline.passed()) return;
                    std::this_thread::yield();
                  }
                  for (const std::byte byte : region.payload()) sevens += byte == std::byte{7} ? 1 : 0;
                }};
                writer.join();
                reader.join();
                return sevens;
              }),
              Returns(kBytes));
}

}  // namespace
