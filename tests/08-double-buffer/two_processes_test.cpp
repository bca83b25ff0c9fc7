// Steps 3 to 5: a writer and readers that do not wait for each other, as fast as they can.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stream.hpp"

namespace {

using judge::as_many_as_suits;
using judge::lesson;
using lab08::expect_stream;
using lab08::Kind;

constexpr const char* kWhole = "what two processes do at once is cut anywhere: each value is checked, word by word";

TEST(TwoProcesses, PassSixteenBytesBySeqlock) {
  lesson(3, kWhole);
  expect_stream(Kind::kSeqlock, 16, as_many_as_suits(200'000));
}

TEST(TwoProcesses, PassSixtyFourBytesBySeqlock) {
  lesson(3, kWhole);
  expect_stream(Kind::kSeqlock, 64, as_many_as_suits(200'000));
}

TEST(TwoProcesses, PassFourKibBySeqlock) {
  lesson(3, kWhole);
  expect_stream(Kind::kSeqlock, 4096, as_many_as_suits(10'000));
}

TEST(TwoProcesses, PassSixtyFourKibBySeqlock) {
  lesson(3, kWhole);
  expect_stream(Kind::kSeqlock, 65536, as_many_as_suits(1'000));
}

TEST(TwoProcesses, MayBeThreeAtASeqlock) {
  lesson(3, "readers that write nothing do not disturb each other");
  expect_stream(Kind::kSeqlock, 64, as_many_as_suits(50'000), 2);
}

TEST(TwoProcesses, PassSixteenBytesByTripleBuffer) {
  lesson(4, kWhole);
  expect_stream(Kind::kTriple, 16, as_many_as_suits(200'000));
}

TEST(TwoProcesses, PassSixtyFourBytesByTripleBuffer) {
  lesson(4, kWhole);
  expect_stream(Kind::kTriple, 64, as_many_as_suits(200'000));
}

TEST(TwoProcesses, PassFourKibByTripleBuffer) {
  lesson(4, kWhole);
  expect_stream(Kind::kTriple, 4096, as_many_as_suits(10'000));
}

TEST(TwoProcesses, PassSixtyFourKibByTripleBuffer) {
  lesson(4, kWhole);
  expect_stream(Kind::kTriple, 65536, as_many_as_suits(1'000));
}

}  // namespace
