// A process dies at each of its crash points while it makes a bank.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "clerk.hpp"
#include "explore/scenario.hpp"
#include "testing/crash.hpp"
#include "testing/deadlines.hpp"
#include "testing/lesson.hpp"

namespace bank_crash {
namespace {

using judge::crash_sweep;
using judge::IsSurvived;
using judge::SharedMemory;
using lab04::kAccounts;
using lab04::kInitial;

TEST(MakerDies, NobodyGetsABankThatIsHalfMade) {
  judge::lesson(
      4,
      "Whoever finds what a dead maker has left waits until its deadline, or makes the bank in its place: half "
      "a bank is none. Handout: \"Made exactly once\".");
  const SharedMemory memory{4096};
  EXPECT_THAT(crash_sweep({.prepare =
                               [&] {
                                 const auto mapping = memory.map();
                                 std::memset(mapping.data(), 0, mapping.size());
                               },
                           .victim = [&] { const lab04::Clerk maker{memory}; },
                           .survivor =
                               [&] {
                                 const auto mapping = memory.map();
                                 const auto once = judge::past();  // however often others would look: each look costs
                                 try {
                                   lab::Bank& bank = lab::open_bank(mapping.bytes(), kAccounts, kInitial, once);
                                   auto guard = lab::lock(bank);
                                   for (std::size_t i = 0; i < kAccounts; ++i) {
                                     explore::require(lab::balance(guard, i) == kInitial, "each account is filled");
                                   }
                                 } catch (const std::system_error& error) {
                                   explore::require(error.code().value() == ETIMEDOUT,
                                                    "a bank that is not made is ETIMEDOUT at the deadline");
                                 }
                               },
                           .survivor_dies_too = true,
                           .victim_name = "who makes the bank",
                           .survivor_name = "one who opens it"}),
              IsSurvived());
}

}  // namespace
}  // namespace bank_crash
