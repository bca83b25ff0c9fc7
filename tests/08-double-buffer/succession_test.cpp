// Step 5: processes come and go; what they need to know lies in the memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.hpp"

namespace {

using judge::lesson;
using judge::Returns;
using judge::subject;
using lab08::Kind;
using lab08::Peer;

/// Each write and each read by a process of its own.
void expect_succession(Kind kind) {
  const lab08::BufferMemory memory;
  ASSERT_THAT(lab08::make_buffer(memory, kind, 40), judge::ReturnsNormally());
  std::uint64_t newest = 0;
  for (int i = 0; i < 12; ++i) {
    if (judge::random_between(0, 1) == 0) {
      ++newest;
      ASSERT_THAT(subject([&] { return Peer{memory, kind, 40}.side.write(newest); }), Returns(newest));
    }
    ASSERT_THAT(subject([&] { return Peer{memory, kind, 40}.side.read(); }), Returns(newest));
  }
}

TEST(Succession, OfSeqlockPeersGoesOnWhereTheyStopped) {
  lesson(5, "the number of the newest value belongs into the memory: a successor knows nothing else");
  expect_succession(Kind::kSeqlock);
}

TEST(Succession, OfTripleBufferPeersGoesOnWhereTheyStopped) {
  lesson(5, "which slot is whose belongs into the memory: a successor knows nothing else");
  expect_succession(Kind::kTriple);
}

}  // namespace
