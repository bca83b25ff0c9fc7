// Step 2: what is no bank, and what can't be one.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <limits>

#include "support.hpp"

namespace {

using judge::in_good_time;
using judge::lesson;
using judge::random_between;
using judge::ReturnsNormally;
using judge::SharedMemory;
using judge::subject;
using judge::ThrowsErrno;
using lab04::kAccounts;
using lab04::kInitial;

TEST(Open, AcceptsExactlyTheMemoryThatItNeeds) {
  lesson(2, "bytes_for says how much a bank needs; no byte behind it belongs to the bank");
  const std::size_t accounts = random_between(1, 100);
  EXPECT_THAT(subject([&] {
                const judge::PrivateMemory memory{lab::bytes_for(accounts), 0};
                static_cast<void>(lab::open_bank(memory.bytes(), accounts, kInitial, in_good_time()));
              }),
              ReturnsNormally());
}

TEST(Open, RefusesMemoryThatDoesNotDo) {
  lesson(2, "too little memory is written over its end, and a mutex that is not aligned is not one");
  const SharedMemory memory;
  EXPECT_THAT(subject([&] {
                const auto mapping = memory.map();
                const std::size_t too_little = lab::bytes_for(kAccounts) - 1;
                static_cast<void>(lab::open_bank(mapping.bytes().first(too_little), kAccounts, 1, in_good_time()));
              }),
              ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([&] {
                const auto mapping = memory.map();
                static_cast<void>(lab::open_bank(mapping.bytes().subspan(8), kAccounts, 1, in_good_time()));
              }),
              ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([] { static_cast<void>(lab::open_bank({}, kAccounts, 1, in_good_time())); }),
              ThrowsErrno(EINVAL));
}

TEST(Open, RefusesWhatIsSomethingElse) {
  lesson(2, "memory that holds somebody else's data is no bank: to write to it would destroy the data");
  const SharedMemory memory{4096};
  const auto theirs = static_cast<int>(random_between(1, 255));
  EXPECT_THAT(subject([&] {
                const auto mapping = memory.map();
                std::memset(mapping.data(), theirs, mapping.size());
                static_cast<void>(lab::open_bank(mapping.bytes(), kAccounts, kInitial, in_good_time()));
              }),
              ThrowsErrno(EINVAL));
  const auto mapping = memory.map();
  EXPECT_THAT(mapping.bytes(), testing::Each(static_cast<std::byte>(theirs))) << "what somebody else's data is now";
}

TEST(Open, RefusesABankOfAnotherSize) {
  lesson(2, "two programs that think of different banks must learn it here, not from a wrong balance");
  const SharedMemory memory;
  EXPECT_THAT(subject([&] { const lab04::Clerk maker{memory, kAccounts}; }), ReturnsNormally());
  EXPECT_THAT(subject([&] { const lab04::Clerk other{memory, kAccounts + 1}; }), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([&] { const lab04::Clerk same{memory, kAccounts}; }), ReturnsNormally());
}

TEST(Open, RefusesAccountsThatCannotBe) {
  lesson(2, "a size that overflows is a tiny one, and the last account then lies far outside of it");
  constexpr std::size_t kWraps = SIZE_MAX / sizeof(lab::Money) + 1;
  const std::size_t too_many = kWraps + random_between(1, 1000);
  for (const std::size_t accounts : {std::size_t{0}, too_many, SIZE_MAX}) {
    EXPECT_THAT(subject([&] { static_cast<void>(lab::bytes_for(accounts)); }), ThrowsErrno(EINVAL))
        << "from bytes_for, for " << accounts << " accounts";
  }
  EXPECT_THAT(subject([&] {
                const SharedMemory memory;
                const lab04::Clerk clerk{memory, too_many};
              }),
              ThrowsErrno(EINVAL))
      << "from open_bank, for " << too_many << " accounts";
}

TEST(Open, RefusesMoneyThatCannotBe) {
  lesson(2,
         "if all the money fits into one account, no transfer can overflow: one check here instead of one each time");
  const SharedMemory memory;
  constexpr lab::Money kMost = std::numeric_limits<lab::Money>::max() / static_cast<lab::Money>(kAccounts);
  EXPECT_THAT(subject([&] { const lab04::Clerk clerk{memory, kAccounts, -1}; }), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([&] { const lab04::Clerk clerk{memory, kAccounts, kMost + 1}; }), ThrowsErrno(EINVAL));
  EXPECT_THAT(subject([&] { const lab04::Clerk clerk{memory, kAccounts, kMost}; }), ReturnsNormally());
}

}  // namespace
