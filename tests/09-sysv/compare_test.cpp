#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include <cerrno>
#include <cmath>
#include <set>
#include <string>
#include <system_error>
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
  const FreshName name;
  const FreshPlace fresh;
  EXPECT_THAT(
      subject([&] {
        const FreshPlace another;  // of this process, and listed already
        lab09::make_raw(another.place(), lab09::kPage);
        return std::string{lab::compare(name.str(), fresh.place()).posix.is_listed_by_ipcs ? "listed" : "not listed"};
      }),
      Returns(std::string{"not listed"}))
      << "a row of a segment that was there before is none of the object's";
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
  EXPECT_THAT(subject([&] {
                std::set<double> posix;
                std::set<double> sysv;
                for (int i = 0; i < 4; ++i) {
                  const lab::Comparison seen = lab::compare(name.str(), fresh.place());
                  posix.insert(seen.posix.microseconds);
                  sysv.insert(seen.sysv.microseconds);
                }
                return posix.size() > 1 && sysv.size() > 1;
              }),
              Returns(true))
      << "four measurements do not all take the same time, to the nanosecond";
}

/// Calls `take_away` when the student's program has made one of the calls, the first of them or a later one; whether it
/// ever notices that it is gone: says so, or throws.
template <typename Value, typename TakeAway>
bool notices(judge::gate::Calls calls, Value value, TakeAway take_away) {
  for (int nth = 1;; ++nth) {
    const FreshName name;
    const FreshPlace fresh;
    judge::gate::Gate let_go{calls, judge::gate::When::kAfter, nth};
    auto comparing = judge::start([&] {
      const auto armed = let_go.arm();
      return value(lab::compare(name.str(), fresh.place()));
    });
    const bool stands = let_go.await_arrival();
    if (stands) take_away(name, fresh);
    let_go.open();
    const auto outcome = comparing.outcome();
    if (outcome.kind == judge::Kind::kThrew || !outcome.value.value_or(true)) return true;
    if (!stands) return false;
  }
}

TEST(Compare, TriesWhetherItOutlivesItsUsers) {
  lesson(7, "whether it is still there when nobody has it, only another look tells, after the last one has let it go");
  EXPECT_TRUE(notices(
      {"munmap", "close"}, [](const lab::Comparison& seen) { return seen.posix.outlives_its_users; },
      [](const FreshName& name, const FreshPlace&) { ::shm_unlink(name.c_str()); }))
      << "the object is taken away whenever the program lets it go, and it says that it is still there";
  EXPECT_TRUE(notices(
      {"shmdt"}, [](const lab::Comparison& seen) { return seen.sysv.outlives_its_users; },
      [](const FreshName&, const FreshPlace& fresh) { fresh.clear(); }))
      << "the segment is taken away whenever the program lets it go, and it says that it is still there";
}

TEST(Compare, LeavesAllAsItWas) {
  lesson(7, "an experiment cleans up after itself, also when it fails in the middle");
  for (const char* const call : {"shm_open", "mmap", "fstat", "shmget", "shmat"}) {
    for (int nth = 1; nth <= 4; ++nth) {
      const FreshName name;
      const FreshPlace fresh;
      EXPECT_THAT(subject([&] {
                    ::umask(027);
                    judge::gate::fail(call, ENOMEM, nth);
                    try {
                      static_cast<void>(lab::compare(name.str(), fresh.place()));
                    } catch (const std::system_error& error) {
                      if (error.code().value() != ENOMEM) throw;
                    }
                    return ::umask(0);
                  }),
                  Returns(027U))
          << "the umask, when " << call << " fails, the call number " << nth;
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
  EXPECT_THAT(id, lab09::has_the_key_of(fresh));
  fresh.clear();
  const shm::UniqueFd theirs{::shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600)};
  EXPECT_THAT(subject([&] { static_cast<void>(lab::compare(name.str(), fresh.place())); }), ThrowsErrno(EEXIST));
  EXPECT_TRUE(name.exists());
}

}  // namespace
