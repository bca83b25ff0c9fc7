#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include "support.hpp"

namespace {

using judge::FreshName;
using judge::lesson;
using judge::random_between;
using judge::ReturnsNormally;
using judge::subject;
using judge::ThrowsErrno;

TEST(Append, HasTheRoomThatWasAskedFor) {
  lesson(4, "create() promised room for so many records: a log that is full too early has broken a promise");
  const FreshName name;
  const std::size_t count = random_between(20, 200);
  const std::string record = judge::random_text(random_between(0, 100));
  EXPECT_THAT(subject([&] {
                lab::Log log = lab::create(lab03::path_of(name), count * lab::record_bytes(record.size()));
                for (std::size_t i = 0; i < count; ++i) lab::append(log, record);
              }),
              ReturnsNormally());
}

TEST(Append, FillsTheRoomToItsLastByte) {
  lesson(4, "a capacity of whole pages leaves no room to spare: a record that just fits is one that fits");
  const FreshName name;
  const std::size_t capacity = random_between(1, 4) * lab::kPageSize;
  const std::string record = judge::random_text(capacity - lab::record_bytes(0));
  EXPECT_THAT(subject([&] {
                lab::Log log = lab::create(lab03::path_of(name), capacity);
                lab::append(log, record);
              }),
              ReturnsNormally());
}

TEST(Append, SaysEnospcWhenTheLogIsFull) {
  lesson(4, "behind the end of the mapping lies anything; a record that is cut to what fits is half a record");
  const FreshName name;
  const std::string record = judge::random_text(random_between(100, 3'000));
  EXPECT_THAT(subject([&] {
                lab::Log log = lab::create(lab03::path_of(name), 10'000);
                for (int i = 0; i < 10'000; ++i) lab::append(log, record);
              }),
              ThrowsErrno(ENOSPC));
}

TEST(Append, RefusesARecordThatCannotBe) {
  lesson(4, "what begins a record is added to its size: near SIZE_MAX the sum is small, and 'fits'");
  const FreshName name;
  const std::size_t size = SIZE_MAX - random_between(0, 20);
  EXPECT_THAT(subject([&] {
                lab::Log log = lab::create(lab03::path_of(name), 10'000);
                lab::append(log, std::string_view{"x", size});
              }),
              ThrowsErrno(ENOSPC));
}

TEST(Append, IsNotForReaders) {
  lesson(4, "a reader's mapping can't be written to: an error says so, a SIGSEGV does not");
  const FreshName name;
  EXPECT_THAT(subject([&] {
                (void)lab::create(lab03::path_of(name), 10'000);
                lab::Log log = lab::open_to_read(lab03::path_of(name));
                lab::append(log, "record");
              }),
              ThrowsErrno(EBADF));
}

}  // namespace
