// The writer dies at each of its crash points, and with it the power.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "swept_log.hpp"
#include "testing/lesson.hpp"

namespace {

using judge::crash_sweep;
using judge::IsSurvived;

/// The second batch lies across two pages, its first record as well.
std::vector<Records> batches() {
  return {{std::string(900, 'a')}, {std::string(3'500, 'b'), std::string(40, 'c')}, {"d"}};
}
constexpr std::size_t kCapacity = 2 * lab::kPageSize;

judge::Crash crash_of(SweptLog& log, std::string file) {
  return {.prepare = [&log] { log.take_away(); },
          .victim =
              [&log] {
                lab::Log writer = lab::create(log.path(), kCapacity);
                log.note_made();
                for (std::size_t i = 0; i < log.batches().size(); ++i) log.write(writer, i);
              },
          .survivor = [&log] { static_cast<void>(log.require_whole_batches(log.read())); },
          .file = std::move(file),
          .victim_name = "the writer",
          .survivor_name = "one who reads"};
}

TEST(CreatorDies, NoHalfALogIsLeft) {
  judge::lesson(3,
                "A creator may die after any of its calls, and the power with it: what is left is no log, or an empty "
                "one; never half of one.");
  SweptLog log{{}};
  EXPECT_THAT(crash_sweep(crash_of(log, log.path())), IsSurvived());
}

TEST(WriterDies, ItsBatchIsThereOrNot) {
  judge::lesson(5,
                "The file's pages outlive their writer, also those that it was just writing to: a record counts from "
                "one store on, not from its first byte.");
  SweptLog log{batches()};
  EXPECT_THAT(crash_sweep(crash_of(log, "")), IsSurvived());
}

TEST(PowerFails, NoCommittedRecordIsLost) {
  judge::lesson(5,
                "The kernel writes pages back in any order, and when it likes: first the records must be on the disk, "
                "then the header may say so, then the header must be on the disk.");
  SweptLog log{batches()};
  EXPECT_THAT(crash_sweep(crash_of(log, log.path())), IsSurvived());
}

}  // namespace
