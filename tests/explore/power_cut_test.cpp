// The power-cut model: what a mapped file may hold when the machine stops.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "place.hpp"
#include "shm/mapping.hpp"
#include "shm/unique_fd.hpp"
#include "testing/crash.hpp"

namespace {

using explore::require;
using judge::crash_sweep;
using judge::IsSurvived;
using testing::HasSubstr;
using testing::Not;

/// A file of two pages: a record, and on the page behind it whether the record counts.
struct Record {
  std::uint64_t words[2];
  char rest[kPage - 16];
  std::uint64_t is_committed;
  char end[kPage - 8];
};

class RecordFile {
 public:
  RecordFile() : path_{std::filesystem::temp_directory_path() / ("record" + std::to_string(::getpid()))} {}
  RecordFile(const RecordFile&) = delete;
  RecordFile& operator=(const RecordFile&) = delete;
  ~RecordFile() { std::filesystem::remove(path_); }

  void make_anew() const { std::ofstream{path_, std::ios::trunc} << std::string(sizeof(Record), '\0'); }
  [[nodiscard]] shm::Mapping map() const {
    const shm::UniqueFd fd{::open(path_.c_str(), O_RDWR | O_CLOEXEC)};
    return shm::Mapping::shared(fd.get(), sizeof(Record));
  }
  [[nodiscard]] std::string path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void look_at(const Record& record) {
  if (record.is_committed == 0) return;
  require(record.words[0] == 7 && record.words[1] == 8, "a committed record is whole");
}

judge::Outcome<judge::CrashSweep> sweep(void (*commit)(Record&)) {
  const RecordFile file;
  return crash_sweep({.prepare = [&] { file.make_anew(); },
                      .victim =
                          [&] {
                            const auto mapping = file.map();
                            commit(*reinterpret_cast<Record*>(mapping.data()));
                          },
                      .survivor =
                          [&] {
                            const auto mapping = file.map();
                            look_at(*reinterpret_cast<const Record*>(mapping.data()));
                          },
                      .file = file.path()});
}

TEST(PowerCut, IsSurvivedByATwoPhaseCommit) {
  EXPECT_THAT(sweep([](Record& record) {
                record.words[0] = 7;
                record.words[1] = 8;
                ::msync(&record, kPage, MS_SYNC);
                record.is_committed = 1;
                ::msync(&record.is_committed, kPage, MS_SYNC);
              }),
              IsSurvived());
}

TEST(PowerCut, IsNotSurvivedByOneMsyncForBoth) {
  const auto outcome = sweep([](Record& record) {
    record.words[0] = 7;
    record.words[1] = 8;
    record.is_committed = 1;
    ::msync(&record, sizeof record, MS_SYNC);
  });
  EXPECT_THAT(outcome, Not(IsSurvived()));
  EXPECT_THAT(judge::told(outcome.value->story), HasSubstr("page 1 was written back, page 0 was not"));
}

TEST(PowerCut, IsSurvivedByFsyncsThroughADescriptorForWritingOnly) {
  const RecordFile file;
  EXPECT_THAT(crash_sweep({.prepare = [&] { file.make_anew(); },
                           .victim =
                               [&] {
                                 const shm::UniqueFd fd{::open(file.path().c_str(), O_WRONLY | O_CLOEXEC)};
                                 const std::uint64_t words[2] = {7, 8};
                                 const std::uint64_t is_committed = 1;
                                 static_cast<void>(::pwrite(fd.get(), words, sizeof words, 0));
                                 ::fsync(fd.get());
                                 static_cast<void>(::pwrite(fd.get(), &is_committed, sizeof is_committed, kPage));
                                 ::fsync(fd.get());
                               },
                           .survivor =
                               [&] {
                                 const auto mapping = file.map();
                                 look_at(*reinterpret_cast<const Record*>(mapping.data()));
                               },
                           .file = file.path()}),
              IsSurvived());
}

/// Makes the file itself: a first page that says whether the second one is filled.
judge::Outcome<judge::CrashSweep> sweep_of_a_new_file(bool syncs_first) {
  const RecordFile file;
  return crash_sweep({.prepare = [&] { std::filesystem::remove(file.path()); },
                      .victim =
                          [&] {
                            const shm::UniqueFd fd{::open(file.path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
                            static_cast<void>(::ftruncate(fd.get(), 2 * kPage));
                            const auto mapping = shm::Mapping::shared(fd.get(), 2 * kPage);
                            *mapping.data() = std::byte{0};
                            mapping.data()[kPage] = std::byte{7};
                            if (syncs_first) ::fsync(fd.get());
                            *mapping.data() = std::byte{1};
                            ::msync(mapping.data(), kPage, MS_SYNC);
                          },
                      .survivor =
                          [&] {
                            const shm::UniqueFd fd{::open(file.path().c_str(), O_RDONLY | O_CLOEXEC)};
                            char bytes[kPage + 1] = {};
                            const auto got = fd ? ::pread(fd.get(), bytes, sizeof bytes, 0) : 0;
                            require(got == 0 || bytes[0] == 0 || bytes[kPage] == 7, "what is marked as filled is");
                          },
                      .file = file.path()});
}

TEST(PowerCut, OfAFileThatTheVictimMakesIsSurvivedByFsyncFirst) {
  EXPECT_THAT(sweep_of_a_new_file(true), IsSurvived());
}

TEST(PowerCut, OfAFileThatTheVictimMakesIsNotSurvivedWithout) {
  EXPECT_THAT(sweep_of_a_new_file(false), Not(IsSurvived()));
}

/// A draft that gets the file's name when it is done. Whoever finds the name must find all of it.
judge::Outcome<judge::CrashSweep> sweep_of_a_draft(void (*sync)(int fd, std::byte* first_page), bool by_rename) {
  const RecordFile file;
  const std::string draft = file.path() + ".draft";
  const auto outcome = crash_sweep(
      {.prepare =
           [&] {
             std::filesystem::remove(file.path());
             std::filesystem::remove(draft);
           },
       .victim =
           [&] {
             {
               const shm::UniqueFd fd{::open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
               static_cast<void>(::ftruncate(fd.get(), 2 * kPage));
               const auto mapping = shm::Mapping::shared(fd.get(), 2 * kPage);
               mapping.data()[0] = std::byte{1};
               mapping.data()[kPage] = std::byte{7};
               sync(fd.get(), mapping.data());
             }
             if (by_rename) {
               ::rename(draft.c_str(), file.path().c_str());
             } else {
               ::link(draft.c_str(), file.path().c_str());
               ::unlink(draft.c_str());
             }
           },
       .survivor =
           [&] {
             const shm::UniqueFd fd{::open(file.path().c_str(), O_RDONLY | O_CLOEXEC)};
             if (!fd) return;
             char bytes[kPage + 1] = {};
             require(::pread(fd.get(), bytes, sizeof bytes, 0) == sizeof bytes && bytes[0] == 1 && bytes[kPage] == 7,
                     "what has a name is whole");
           },
       .file = file.path()});
  std::filesystem::remove(draft);
  return outcome;
}

void sync_nothing(int, std::byte*) {}
void sync_the_file(int fd, std::byte*) { ::fsync(fd); }
void sync_by_msync(int, std::byte* first_page) { ::msync(first_page, 2 * kPage, MS_SYNC); }
void sync_one_page(int, std::byte* first_page) { ::msync(first_page, kPage, MS_SYNC); }

TEST(PowerCut, OfADraftIsSurvivedWhenItWasSyncedBeforeItGotTheName) {
  for (const bool by_rename : {false, true}) {
    EXPECT_THAT(sweep_of_a_draft(sync_the_file, by_rename), IsSurvived());
    EXPECT_THAT(sweep_of_a_draft(sync_by_msync, by_rename), IsSurvived());
  }
}

TEST(PowerCut, OfADraftIsNotSurvivedWithout) {
  for (const bool by_rename : {false, true}) {
    EXPECT_THAT(sweep_of_a_draft(sync_nothing, by_rename), Not(IsSurvived()));
    EXPECT_THAT(sweep_of_a_draft(sync_one_page, by_rename), Not(IsSurvived()));
  }
}

TEST(PowerCut, TellsNoStepsOfItsOwn) {
  const auto outcome = sweep([](Record& record) {
    ::msync(&record, sizeof record, MS_SYNC);
    record.is_committed = 1;
  });
  EXPECT_THAT(outcome, Not(IsSurvived()));
  const auto& steps = outcome.value->story.steps;
  EXPECT_EQ(
      std::ranges::count_if(steps, [](const auto& step) { return step.thread == 1 && step.text == "calls open"; }), 1)
      << "the victim's own, before it maps the file";
}

TEST(PowerCut, IsNotSurvivedByAnAsynchronousMsync) {
  EXPECT_THAT(sweep([](Record& record) {
                record.words[0] = 7;
                record.words[1] = 8;
                ::msync(&record, kPage, MS_ASYNC);
                record.is_committed = 1;
                ::msync(&record.is_committed, kPage, MS_SYNC);
              }),
              Not(IsSurvived()));
}

TEST(PowerCut, IsNotSurvivedByAnMsyncThatFailed) {
  EXPECT_THAT(sweep([](Record& record) {
                record.words[0] = 7;
                record.words[1] = 8;
                ::msync(&record.words[1], kPage, MS_SYNC);  // not at the start of a page: EINVAL
                record.is_committed = 1;
              }),
              Not(IsSurvived()));
}

TEST(PowerCut, IsNotSurvivedWhenOnlyProcessesDyingWasThoughtOf) {
  EXPECT_THAT(sweep([](Record& record) {
                record.words[0] = 7;
                record.words[1] = 8;
                record.is_committed = 1;
              }),
              Not(IsSurvived()));
}

}  // namespace
