// Two who want to write to one log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
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

/// An empty log at this path, and how many records were committed to it.
struct WantedLog {
  explicit WantedLog(const judge::FreshName& name) : path{name} { static_cast<void>(lab::create(path.str(), 200)); }

  void write_one() {
    try {
      lab::Log log = lab::open_to_write(path.str());
      lab::append(log, "one");
      lab::commit(log);
      ++committed;
    } catch (const std::system_error& error) {
      require(error.code().value() == EBUSY, "a log that another writes to is busy");
    }
  }

  FreePath path;
  int committed = 0;
};

TEST(EveryOrder, NoWriterGoesOverAnother) {
  judge::lesson(6,
                "What was read before the lock is out of date behind it: between the two, another may have committed "
                "and gone.");
  const judge::FreshName name;
  EXPECT_THAT(explored(
                  [&](Scenario& s) {
                    auto& wanted = s.keep<WantedLog>(name);
                    s.thread("one writer", [&] { wanted.write_one(); });
                    s.thread("another", [&] { wanted.write_one(); });
                    s.finally([&] {
                      const lab::Log log = lab::open_to_read(wanted.path.str());
                      lab::Cursor cursor;
                      int found = 0;
                      while (lab::next(log, cursor)) ++found;
                      require(found == wanted.committed, "each record that was committed is there");
                    });
                  },
                  {.executions = 20'000}),
              EndsWell());
}

}  // namespace
