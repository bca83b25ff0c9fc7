#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include <cerrno>
#include <cmath>
#include <string>
#include <vector>

#include "comparison.hpp"
#include "support.hpp"

/// What the student's program found out, beside what the judge finds out.
namespace {

using judge::FreshName;
using judge::lesson;
using judge::Returns;
using judge::subject;
using judge::ThrowsErrno;
using lab09::FreshPlace;

/// One row of the table, as the student's program fills it: both columns in one number.
template <typename Member>
auto compared(Member lab::Traits::*member) {
  const FreshName name;
  const FreshPlace fresh;
  return subject([&, member] {
    const lab::Comparison seen = lab::compare(name.str(), fresh.place());
    return std::to_string(seen.posix.*member) + " and " + std::to_string(seen.sysv.*member);
  });
}

/// What the judge saw.
template <typename Value>
auto is_as_seen(Value posix, Value sysv) {
  return Returns(std::to_string(posix) + " and " + std::to_string(sysv));
}

TEST(Compare, SaysWhereEitherShows) {
  lesson(7, "ls /dev/shm shows the one, ipcs -m the other: who looks for what was left behind must look at both");
  EXPECT_THAT(compared(&lab::Traits::lies_in_dev_shm), is_as_seen(true, false));
  EXPECT_THAT(compared(&lab::Traits::is_listed_by_ipcs), is_as_seen(false, true));
}

TEST(Compare, SaysWhatTheUmaskDoes) {
  lesson(7, "shm_open goes by the rules of files, shmget by older ones: the same mode gives different permissions");
  const FreshName name;
  const FreshPlace fresh;
  const auto cuts_posix = judge::experiment([&] {
    ::umask(022);
    const shm::UniqueFd fd{::shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0666)};
    struct stat file {};
    ::fstat(fd.get(), &file);
    return (file.st_mode & 0777U) == 0644;
  });
  const auto cuts_sysv = judge::experiment([&] {
    ::umask(022);
    return (lab09::facts_of(lab09::make_raw(fresh.place(), lab09::kPage, 0666)).shm_perm.mode & 0777U) == 0644;
  });
  EXPECT_THAT(compared(&lab::Traits::is_cut_by_the_umask), is_as_seen(*cuts_posix.value, *cuts_sysv.value));
}

TEST(Compare, SaysWhatBecomesOfALargerSize) {
  lesson(7, "an object is a file, and grows like one; a segment has its size for life");
  const FreshName name;
  const shm::UniqueFd fd{::shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600)};
  const int posix = ::ftruncate(fd.get(), 2 * lab09::kPage) == 0 ? 0 : errno;
  const FreshPlace fresh;
  lab09::make_raw(fresh.place(), lab09::kPage);
  const int sysv = ::shmget(fresh.place().key, 2 * lab09::kPage, 0) != -1 ? 0 : errno;
  EXPECT_THAT(compared(&lab::Traits::error_of_a_larger_size), is_as_seen(posix, sysv));
}

TEST(Compare, SaysWhatRemovalDoes) {
  lesson(7, "in both, removal takes the name at once and the memory with the last user; only a segment keeps a number");
  EXPECT_THAT(compared(&lab::Traits::frees_its_name), is_as_seen(true, true));
  EXPECT_THAT(compared(&lab::Traits::can_be_joined_nameless), is_as_seen(false, true));
  EXPECT_THAT(compared(&lab::Traits::outlives_its_users), is_as_seen(true, true));  // without it, all stays
}

TEST(Compare, MeasuresInsteadOfRemembering) {
  lesson(7, "a table that is filled from memory is right until it meets another system");
  const FreshName name;
  const FreshPlace fresh;
  const auto compare_without = [&](judge::gate::Calls calls, int error) {
    return subject([&, calls, error] {
      judge::gate::fail_all(calls, error);
      static_cast<void>(lab::compare(name.str(), fresh.place()));
    });
  };
  EXPECT_THAT(compare_without({"shmget"}, ENOSPC), ThrowsErrno(ENOSPC));
  EXPECT_THAT(compare_without({"shm_open", "open"}, EMFILE), ThrowsErrno(EMFILE));
  EXPECT_THAT(subject([&] {
                const lab::Comparison seen = lab::compare(name.str(), fresh.place());
                return std::isfinite(seen.posix.microseconds) && seen.posix.microseconds > 0 &&
                       std::isfinite(seen.sysv.microseconds) && seen.sysv.microseconds > 0;
              }),
              Returns(true))
      << "microseconds";
}

TEST(Compare, LeavesAllAsItWas) {
  lesson(7, "an experiment cleans up after itself, also when it fails in the middle");
  for (const char* const call : {"shm_open", "mmap", "fstat", "shmget", "shmat"}) {
    for (int nth = 1; nth <= 4; ++nth) {
      const FreshName name;
      const FreshPlace fresh;
      const auto outcome = subject([&] {
        judge::gate::fail(call, ENOMEM, nth);
        static_cast<void>(lab::compare(name.str(), fresh.place()));
      });
      EXPECT_THAT(outcome, testing::AnyOf(ThrowsErrno(ENOMEM), judge::ReturnsNormally()));
      EXPECT_FALSE(name.exists()) << "when " << call << " fails, the call number " << nth;
      EXPECT_FALSE(fresh.is_taken()) << "when " << call << " fails, the call number " << nth;
    }
  }
  const FreshName name;
  const FreshPlace fresh;
  EXPECT_THAT(subject([&] {
                ::umask(027);
                static_cast<void>(lab::compare(name.str(), fresh.place()));
                return ::umask(0);
              }),
              Returns(027U))
      << "the umask is the whole process's";
}

TEST(Compare, TakesNothingFromOthers) {
  lesson(7, "a name that is taken is somebody's: cleaning up after a failed experiment must not remove it");
  const FreshName name;
  const FreshPlace fresh;
  const int id = lab09::make_raw(fresh.place(), lab09::kPage);
  EXPECT_THAT(subject([&] { static_cast<void>(lab::compare(name.str(), fresh.place())); }), ThrowsErrno(EEXIST));
  EXPECT_EQ(fresh.id(), id);
  fresh.clear();
  const shm::UniqueFd theirs{::shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600)};
  EXPECT_THAT(subject([&] { static_cast<void>(lab::compare(name.str(), fresh.place())); }), ThrowsErrno(EEXIST));
  EXPECT_TRUE(name.exists());
}

}  // namespace
