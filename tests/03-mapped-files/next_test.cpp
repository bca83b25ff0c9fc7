#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <string>
#include <system_error>
#include <thread>

#include "shm/deadline.hpp"
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
using lab03::joined;
using lab03::Records;

TEST(Next, GoesOnWhereItWas) {
  lesson(5, "a reader that has come to the end asks again later: what is new comes then, and nothing twice");
  const FreshName name;
  const Records first = lab03::random_records(5, 200);
  const Records second = lab03::random_records(5, 200);
  judge::Rendezvous turns;
  auto writer = start([&] {
    lab::Log log = lab::create(lab03::path_of(name), 20'000);
    lab03::write_batch(log, first);
    turns.arrive();
    turns.await(2);
    lab03::write_batch(log, second);
    turns.arrive();
  });
  auto reader = start([&] {
    turns.await(1);
    const lab::Log log = lab::open_to_read(lab03::path_of(name));
    lab::Cursor cursor;
    std::string seen = lab03::rest_of(log, cursor) + lab03::rest_of(log, cursor) + "; then ";
    turns.arrive();
    turns.await(3);
    return seen + lab03::rest_of(log, cursor);
  });
  EXPECT_THAT(reader.outcome(), Returns(joined(first) + "; then " + joined(second)));
  EXPECT_THAT(writer.outcome(), ReturnsNormally());
}

TEST(Next, LetsTheWriterReadToo) {
  lesson(5, "who writes may read what is committed, and only that");
  const FreshName name;
  const Records records = lab03::random_records(5, 200);
  EXPECT_THAT(subject([&] {
                lab::Log log = lab::create(lab03::path_of(name), 20'000);
                lab03::write_batch(log, records);
                lab::append(log, "not yet");
                lab::Cursor cursor;
                return lab03::rest_of(log, cursor);
              }),
              Returns(joined(records)));
}

/// What a try to read comes to.
std::string one_more(const lab::Log& log, lab::Cursor& cursor) {
  try {
    return lab::next(log, cursor).value_or("nothing");
  } catch (const std::system_error& error) {
    return error.code().value() == EBADMSG ? "nothing" : judge::describe_errno(error.code().value());
  }
}

TEST(Next, StaysBeforeARecordThatIsDamaged) {
  lesson(5, "who is told of a damaged record, and asks again, must not be given the one behind it as if all were well");
  const FreshName name;
  const Records texts{judge::random_text(40), judge::random_text(40), judge::random_text(40)};
  EXPECT_THAT(subject([&] {
                lab::Log log = lab::create(lab03::path_of(name), 20'000);
                for (const std::string& text : texts) lab03::write_batch(log, {text});
                const lab::Log reader = lab::open_to_read(lab03::path_of(name));
                lab::Cursor cursor;
                std::string seen = one_more(reader, cursor);
                std::byte& byte = log.mapping.data()[lab03::bytes_of(name).find(texts[1])];
                byte ^= std::byte{1};
                seen += "|" + one_more(reader, cursor) + "|" + one_more(reader, cursor);
                byte ^= std::byte{1};  // as it was
                return seen + "|" + one_more(reader, cursor);
              }),
              Returns(joined({texts[0], "nothing", "nothing", texts[1]}).substr(1)))
      << "the first record; twice the second, which is damaged; and the second, whole again";
}

// Two threads on one mapping, for ThreadSanitizer sees neither two processes nor two mappings of one file.
TEST(Next, LetsReadersTrustTheRecords) {
  lesson(5, "without release and acquire a reader may see the new end of the log before it sees the record there");
  const FreshName name;
  Records records;
  while (records.size() < 50) records.push_back(judge::random_text(random_between(1, 100)));
  EXPECT_THAT(subject([&] {
                lab::Log log = lab::create(lab03::path_of(name), 20'000);
                std::string seen;
                std::jthread writer{[&] {
                  for (const std::string& record : records) lab03::write_batch(log, {record});
                }};
                std::jthread reader{[&] {
                  const auto deadline = shm::Deadline::after(judge::patience(std::chrono::seconds{4}));
                  lab::Cursor cursor;
                  for (std::size_t count = 0; count < records.size() && !deadline.passed();) {
                    if (const auto record = lab::next(log, cursor)) {
                      seen += "|" + *record;
                      ++count;
                    } else {
                      std::this_thread::yield();
                    }
                  }
                }};
                writer.join();
                reader.join();
                return seen;
              }),
              Returns(joined(records)));
}

}  // namespace
