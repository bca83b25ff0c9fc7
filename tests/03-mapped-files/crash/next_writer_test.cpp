// What the next writer makes of what a dead one has left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "swept_log.hpp"
#include "testing/lesson.hpp"

namespace {

using judge::crash_sweep;
using judge::IsSurvived;

TEST(PowerFails, TheNextWriterGoesOn) {
  judge::lesson(6,
                "Who opens the log after a death goes on behind what is committed, and may die as well: the third one "
                "must find whole batches, too, and nothing of what was given up.");
  SweptLog log{{{std::string(40, 'a')}, {std::string(40, 'b'), std::string(40, 'c')}}};
  const std::string mine(40, 'm');
  EXPECT_THAT(crash_sweep({.prepare = [&] { log.make_with(1, 1'000); },
                           .victim =
                               [&] {
                                 lab::Log writer = lab::open_to_write(log.path());
                                 log.write(writer, 1);
                               },
                           .survivor =
                               [&] {
                                 lab::Log writer = lab::open_to_write(log.path());
                                 lab::append(writer, mine);
                                 lab::commit(writer);
                                 Records found = log.read();
                                 explore::require(!found.empty() && found.back() == mine,
                                                  "what it appends is the last");
                                 while (!found.empty() && found.back() == mine) found.pop_back();
                                 static_cast<void>(log.require_whole_batches(found));
                               },
                           .survivor_dies_too = true,
                           .file = log.path(),
                           .victim_name = "the writer",
                           .survivor_name = "the next writer"}),
              IsSurvived());
}

TEST(PowerFails, WhileItGrows) {
  judge::lesson(7,
                "A log that has grown may be found at its old length, with a header that knows better: the new pages "
                "must be on the disk before the header counts on them.");
  SweptLog log{{{std::string(100, 'a')}, {std::string(200, 'b'), std::string(5'000, 'c')}}};
  EXPECT_THAT(crash_sweep({.prepare = [&] { log.make_with(1, lab::kPageSize); },
                           .victim =
                               [&] {
                                 lab::Log writer = lab::open_to_write(log.path());
                                 lab::grow(writer, lab::record_bytes(5'000));
                                 log.write(writer, 1);
                               },
                           .survivor =
                               [&] {
                                 static_cast<void>(log.require_whole_batches(log.read()));
                                 lab::Log writer = lab::open_to_write(log.path());
                                 lab::grow(writer, lab::record_bytes(5'000));
                                 lab::append(writer, std::string(5'000, 'm'));
                                 lab::commit(writer);
                               },
                           .file = log.path(),
                           .victim_name = "one who grows it",
                           .survivor_name = "the next writer"}),
              IsSurvived());
}

}  // namespace
