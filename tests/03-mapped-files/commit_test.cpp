#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

#include "support.hpp"

namespace {

using judge::FreshName;
using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::ReturnsNormally;
using judge::subject;
using judge::ThrowsErrno;
using lab03::joined;
using lab03::Records;

TEST(Commit, GivesAllRecordsToOthers) {
  lesson(5, "records are of any size, the empty one included, and lie across pages: each comes out as it went in");
  const FreshName name;
  Records records = lab03::random_records(random_between(5, 20), 6'000);
  records.insert(records.begin() + 2, "");
  EXPECT_THAT(subject([&] { lab03::make_log(name, 200'000, records); }), ReturnsNormally());
  EXPECT_THAT(subject([&] { return lab03::contents(name); }), Returns(joined(records)));
}

TEST(Commit, ShowsNothingBefore) {
  lesson(5, "until its batch is committed, a record may still vanish: nobody may have seen it then");
  const FreshName name;
  const Records first = lab03::random_records(3, 100);
  EXPECT_THAT(subject([&] {
                lab::Log log = lab::create(lab03::path_of(name), 20'000);
                lab03::write_batch(log, first);
                lab::append(log, "not yet");
                return lab03::contents(name);
              }),
              Returns(joined(first)));
}

TEST(Commit, OfNothingIsNothing) {
  lesson(5, "a commit may find nothing new; that is no error");
  const FreshName name;
  EXPECT_THAT(subject([&] {
                lab::Log log = lab::create(lab03::path_of(name), 20'000);
                lab::commit(log);
                lab03::write_batch(log, {"one"});
                lab::commit(log);
                return lab03::contents(name);
              }),
              Returns(joined({"one"})));
}

TEST(Commit, KeepsWhatFitsWhenTheLogIsFull) {
  lesson(5, "who is told ENOSPC goes on with what the log has: nothing of the record that did not fit may be in it");
  const FreshName name;
  const std::string large = judge::random_text(3'000);
  EXPECT_THAT(subject([&] {
                lab::Log log = lab::create(lab03::path_of(name), 10'000);
                int fitted = 0;
                try {
                  for (; fitted < 10'000; ++fitted) lab::append(log, large);
                } catch (const std::system_error&) {
                  lab::commit(log);
                }
                return lab03::contents(name) == joined(Records(static_cast<std::size_t>(fitted), large));
              }),
              Returns(true));
}

/// What is left of a commit that failed, and after the next one.
struct Aftermath {
  int error;
  bool shows_the_old;  ///< and nothing else
  bool then_shows_the_new;
  friend bool operator==(const Aftermath&, const Aftermath&) = default;
  friend void PrintTo(const Aftermath& what, std::ostream* out) {
    *out << (what.error == 0 ? "no error" : judge::describe_errno(what.error)) << ", after which readers found "
         << (what.shows_the_old ? "the old records" : "something else than the old records")
         << ", and after the next commit " << (what.then_shows_the_new ? "those and" : "something else than those and")
         << " the new one";
  }
};

TEST(Commit, DropsWhatCouldNotBeMadeDurable) {
  lesson(5,
         "after an error the kernel may take the pages for clean: a second msync of the same bytes says success, and "
         "they are not on the disk");
  const FreshName name;
  const Records old = lab03::random_records(3, 100);
  EXPECT_THAT(subject([&] {
                lab::Log log = lab::create(lab03::path_of(name), 20'000);
                lab03::write_batch(log, old);
                lab::append(log, "lost");
                judge::gate::fail_all(lab03::kSyncing, EIO);
                judge::gate::fail_always("pwrite", EIO);
                Aftermath what{};
                try {
                  lab::commit(log);
                } catch (const std::system_error& error) {
                  what.error = error.code().value();
                }
                what.shows_the_old = lab03::contents(name) == joined(old);
                judge::gate::forget();
                lab03::write_batch(log, {"new"});
                what.then_shows_the_new = lab03::contents(name) == joined(old) + "|new";
                return what;
              }),
              Returns(Aftermath{.error = EIO, .shows_the_old = true, .then_shows_the_new = true}));
}

TEST(Commit, IsNotForReaders) {
  lesson(5, "a reader has nothing to commit: it must learn that it has opened the log in the wrong way");
  const FreshName name;
  EXPECT_THAT(subject([&] {
                (void)lab::create(lab03::path_of(name), 10'000);
                lab::Log log = lab::open_to_read(lab03::path_of(name));
                lab::commit(log);
              }),
              ThrowsErrno(EBADF));
}

}  // namespace
