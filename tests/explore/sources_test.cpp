// Which line of the student's a step of a story shows.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>

#include "explored.hpp"
#include "place.hpp"
#include "testing/crash.hpp"

namespace {

using explore::require;
using judge::crash_sweep;
using judge::IsSurvived;
using testing::HasSubstr;
using testing::Not;

/// As if this file were the lab's editable one.
class AsTheLabsFile {
 public:
  AsTheLabsFile() { ::setenv("LAB_FILES", "sources_test.cpp", 1); }
  AsTheLabsFile(const AsTheLabsFile&) = delete;
  AsTheLabsFile& operator=(const AsTheLabsFile&) = delete;
  ~AsTheLabsFile() { ::unsetenv("LAB_FILES"); }
};

struct Entry {
  std::atomic<int> left;
  std::atomic<int> right;
};

__attribute__((noinline)) void put(std::atomic<int>& word, int value) { word.store(value, std::memory_order_release); }

__attribute__((noinline)) bool claim(std::atomic<int>& word) {
  int expected = 0;
  return word.compare_exchange_strong(expected, 6);
}

void puts_both(Entry& entry) {
  put(entry.left, 1);
  put(entry.right, 1);
}

void claims_one(Entry& entry) {
  static_cast<void>(claim(entry.left));
  entry.right.store(6);
}

void claims_in_vain(Entry& entry) {
  entry.left.store(5);
  static_cast<void>(claim(entry.left));
  entry.right.store(5);
}

std::string explored_story(void (*victim)(Entry&)) {
  const AsTheLabsFile as_the_labs_file;
  Place<Entry> entry;
  const auto outcome = crash_sweep({.prepare = [&] { entry.make_anew(); },
                                    .victim = [&] { victim(*entry); },
                                    .survivor = [&] { require(entry->left == entry->right, "both or none"); }});
  EXPECT_THAT(outcome, Not(IsSurvived()));
  return outcome.value ? judge::told(outcome.value->story) : outcome.sentence();
}

TEST(Story, ShowsTheCallOfAFunctionThatIsOneStatement) {
  EXPECT_THAT(explored_story(puts_both), HasSubstr("put(entry.left, 1);  → writes 1"));
}

TEST(Story, ShowsTheLineInAFunctionOfSeveral) {
  EXPECT_THAT(explored_story(claims_one), HasSubstr("return word.compare_exchange_strong(expected, 6);"));
}

TEST(Story, SaysThatACompareExchangeInVainReads) {
  EXPECT_THAT(explored_story(claims_in_vain), HasSubstr("→ reads 5"));
}

}  // namespace
