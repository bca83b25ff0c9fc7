// Bytes that are said to be durable, when the power fails.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "log_file.hpp"
#include "shm/error.hpp"
#include "testing/crash.hpp"
#include "testing/fresh_name.hpp"
#include "testing/lesson.hpp"
#include "testing/shared.hpp"

namespace {

using lab::kPageSize;

constexpr std::size_t kOffset = kPageSize - 8;  // three words: one on a page, two on the next
constexpr std::uint64_t kWords[3] = {7, 8, 9};

lab::Log map_raw(const std::string& path, bool anew) {
  lab::Log log;
  log.fd.reset(::open(path.c_str(), O_RDWR | O_CREAT | (anew ? O_TRUNC : 0) | O_CLOEXEC, 0600));
  if (!log.fd || (anew && ::ftruncate(log.fd.get(), 3 * kPageSize) != 0)) shm::throw_error(errno, "open", path);
  log.mapping = shm::Mapping::shared(log.fd.get(), 3 * kPageSize);
  return log;
}

TEST(PowerFails, WhatWasSyncedStays) {
  judge::lesson(1,
                "A range may begin in the middle of a page and end on another: all of these pages must be written, and "
                "MS_ASYNC writes none.");
  const judge::FreshName name;
  const std::string path = "/dev/shm" + name.str();
  const judge::Shared<bool> is_synced;
  EXPECT_THAT(judge::crash_sweep({.prepare =
                                      [&] {
                                        *is_synced = false;
                                        static_cast<void>(map_raw(path, true));
                                      },
                                  .victim =
                                      [&] {
                                        const lab::Log log = map_raw(path, false);
                                        std::memcpy(log.mapping.data() + kOffset, kWords, sizeof kWords);
                                        lab::sync(log, kOffset, sizeof kWords);
                                        *is_synced = true;
                                      },
                                  .survivor =
                                      [&] {
                                        const lab::Log log = map_raw(path, false);
                                        const auto* const at = log.mapping.data() + kOffset;
                                        explore::require(!*is_synced || std::memcmp(at, kWords, sizeof kWords) == 0,
                                                         "what was synced is on the disk");
                                      },
                                  .file = path,
                                  .victim_name = "one who syncs",
                                  .survivor_name = "one who looks after the power cut"}),
              judge::IsSurvived());
}

}  // namespace
