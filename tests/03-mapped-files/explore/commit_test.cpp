#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <optional>
#include <string>
#include <system_error>

#include "log_in_scenario.hpp"
#include "testing/explored.hpp"
#include "testing/lesson.hpp"

namespace {

using explore::require;
using explore::Scenario;
using judge::EndsWell;
using judge::explored;

/// Each execution makes its calls of the system for real.
const explore::Effort kEnough{.executions = 20'000};

TEST(EveryOrder, CommittedMeansWritten) {
  judge::lesson(5,
                "The new end of the log is the news that its records may be read: stored without release, or loaded "
                "without acquire, it may arrive before them.");
  const judge::FreshName name;
  EXPECT_THAT(explored(
                  [&](Scenario& s) {
                    auto& shared = s.keep<SharedLog>(name);
                    s.thread("the writer", [&] {
                      lab::append(shared.log, "seven");
                      lab::commit(shared.log);
                    });
                    s.thread("a reader", [&] {
                      lab::Cursor cursor;
                      const auto record = lab::next(shared.log, cursor);
                      require(!record || *record == "seven", "what is committed has been written");
                    });
                  },
                  kEnough),
              EndsWell());
}

TEST(EveryOrder, ABatchIsSeenWholeOrNotAtAll) {
  judge::lesson(5,
                "A batch that appears record by record is none: who reads then finds half of what belongs together.");
  const judge::FreshName name;
  EXPECT_THAT(explored(
                  [&](Scenario& s) {
                    auto& shared = s.keep<SharedLog>(name);
                    s.thread("the writer", [&] {
                      lab::append(shared.log, "take it from one");
                      lab::append(shared.log, "give it to another");
                      lab::commit(shared.log);
                    });
                    s.thread("a reader", [&] {
                      lab::Cursor cursor;
                      if (!lab::next(shared.log, cursor)) return;
                      require(lab::next(shared.log, cursor).has_value(), "of a batch, all is seen");
                    });
                  },
                  kEnough),
              EndsWell());
}

TEST(EveryOrder, NobodyOpensHalfALog) {
  judge::lesson(3,
                "The magic says that the file is a log: it is the last that its creator writes, and the first that "
                "others look at.");
  const judge::FreshName name;
  EXPECT_THAT(explored(
                  [&](Scenario& s) {
                    auto& path = s.keep<FreePath>(name);
                    s.thread("the creator", [&] { static_cast<void>(lab::create(path.str(), 200)); });
                    s.thread("one who opens it", [&] {
                      try {
                        const lab::Log log = lab::open_to_read(path.str());
                        require(log.header().version == lab::kVersion, "what is a log has a version");
                      } catch (const std::system_error& error) {
                        const int code = error.code().value();
                        require(code == ENOENT || code == EILSEQ, "what is no log yet is none, not a damaged one");
                      }
                    });
                  },
                  kEnough),
              EndsWell());
}

}  // namespace
