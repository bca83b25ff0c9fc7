// Two who want to write to one log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "log_in_scenario.hpp"
#include "testing/explored.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/subject.hpp"

namespace {

using explore::require;
using explore::Scenario;
using judge::EndsWell;
using judge::explored;

/// The bytes of a log without records.
std::string bytes_of_a_new_log() {
  const judge::FreshName name;
  const std::string path = "/dev/shm" + name.str();
  EXPECT_THAT(judge::subject([&] { static_cast<void>(lab::create(path, 200)); }), judge::ReturnsNormally());
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// A log at this path that nobody has open to write, and how many records were committed to it.
struct WantedLog {
  WantedLog(const judge::FreshName& name, const std::string& bytes) : path{name} {
    std::ofstream{path.str(), std::ios::binary} << bytes;
  }

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
  const std::string bytes = bytes_of_a_new_log();
  const judge::FreshName name;
  EXPECT_THAT(explored(
                  [&](Scenario& s) {
                    auto& wanted = s.keep<WantedLog>(name, bytes);
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
