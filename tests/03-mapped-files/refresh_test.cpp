#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "support.hpp"
#include "testing/rendezvous.hpp"

namespace {

using judge::FreshName;
using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::ReturnsNormally;
using judge::start;
using judge::subject;
using judge::gate::Gate;
using judge::gate::When;
using lab03::joined;

/// A log with one record that has been opened to read, then grows by a large one.
template <typename Look>
auto read_while_it_grows(const FreshName& name, const std::string& large, Look look) {
  return subject([&, look] {
    lab::Log writer = lab::create(lab03::path_of(name), 100);
    lab03::write_batch(writer, {"first"});
    lab::Log reader = lab::open_to_read(lab03::path_of(name));
    lab::grow(writer, lab::record_bytes(large.size()));
    lab03::write_batch(writer, {large});
    return look(reader);
  });
}

TEST(Refresh, MapsWhatTheWriterHasAdded) {
  lesson(7, "a mapping does not grow with its file: what was added must be mapped by each who wants to see it");
  const FreshName name;
  const std::string large = judge::random_text(random_between(10'000, 60'000));
  EXPECT_THAT(read_while_it_grows(name, large,
                                  [](lab::Log& reader) {
                                    lab::Cursor cursor;
                                    lab::refresh(reader);
                                    return lab03::rest_of(reader, cursor);
                                  }),
              Returns(joined({"first", large})));
}

TEST(Refresh, IsNotNeededForWhatIsMapped) {
  lesson(7, "the log's end is news from the writer: it may lie behind your mapping, where a look is SIGBUS or SIGSEGV");
  const FreshName name;
  const std::string large = judge::random_text(random_between(10'000, 60'000));
  EXPECT_THAT(read_while_it_grows(name, large,
                                  [](lab::Log& reader) {
                                    lab::Cursor cursor;
                                    std::string seen = lab03::rest_of(reader, cursor) + "; then ";
                                    lab::refresh(reader);
                                    return seen + lab03::rest_of(reader, cursor);
                                  }),
              Returns("|first; then |" + large));
}

TEST(Refresh, SaysWhetherThereWasAnything) {
  lesson(7, "a reader that waits asks often: it must learn whether it is worth another look");
  const FreshName name;
  EXPECT_THAT(read_while_it_grows(name, judge::random_text(30'000),
                                  [](lab::Log& reader) {
                                    std::string said = lab::refresh(reader) ? "yes" : "no";
                                    return said + (lab::refresh(reader) ? ", yes" : ", no");
                                  }),
              Returns(std::string{"yes, no"}));
}

TEST(Refresh, LeavesTheLogUsableWhenItCannotBeMapped) {
  lesson(7, "who unmaps first and maps then has nothing in hand when the second fails");
  const FreshName name;
  EXPECT_THAT(read_while_it_grows(name, judge::random_text(30'000),
                                  [](lab::Log& reader) {
                                    judge::gate::fail_all(lab03::kMapping, ENOMEM);
                                    std::string said = "no error";
                                    try {
                                      lab::refresh(reader);
                                    } catch (const std::system_error& error) {
                                      said = judge::describe_errno(error.code().value());
                                    }
                                    lab::Cursor cursor;
                                    return said + ": " + lab03::rest_of(reader, cursor);
                                  }),
              Returns(judge::describe_errno(ENOMEM) + ": |first"));
}

TEST(Refresh, IsPartOfOpening) {
  lesson(7, "between your fstat and your look at the header the writer may grow the log: that is no damage");
  const FreshName name;
  const std::string large = judge::random_text(random_between(10'000, 60'000));
  Gate looked{{"fstat", "mmap", "mremap"}, When::kAfter};
  judge::Rendezvous turns;
  auto writer = start([&] {
    lab::Log log = lab::create(lab03::path_of(name), 100);
    lab03::write_batch(log, {"first"});
    turns.arrive();
    turns.await(2);
    lab::grow(log, lab::record_bytes(large.size()));
    lab03::write_batch(log, {large});
  });
  auto reader = start([&] {
    turns.await(1);
    const auto armed = looked.arm();
    return lab03::contents(name);
  });
  looked.await_arrival();  // it has asked for the size, which is still small
  turns.arrive();
  EXPECT_THAT(writer.outcome(), ReturnsNormally());
  looked.open();
  EXPECT_THAT(reader.outcome(), Returns(testing::AnyOf(joined({"first", large}), joined({"first"}))));
}

}  // namespace
