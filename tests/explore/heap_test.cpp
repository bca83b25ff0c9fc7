// What the threads of abandoned executions held on the heap does not pile up; what outlives it stays whole.

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "explored.hpp"

namespace {

using explore::Effort;
using explore::explore;
using explore::Fault;
using explore::Scenario;
using explore::Strategy;

constexpr std::uint64_t kMany = 200'000;
constexpr std::uint64_t kEnough = 50'000;
constexpr std::size_t kItem = 1'000;  // bytes: two in each of 50,000 executions would be 95 MiB
constexpr std::size_t kAllowed = std::size_t{64} << 20;

std::size_t resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  std::size_t whole = 0;
  std::size_t resident = 0;
  statm >> whole >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// So many executions, all of whose threads run the body and then die: nothing on their stacks is destroyed. Otherwise
// the same as what becomes of the threads of an execution that is abandoned, which happens seldom.
void takes_little_memory(std::uint64_t executions, const std::function<void(std::atomic<int>&)>& body) {
  Effort effort;
  effort.executions = executions;
  effort.strategy = Strategy::kRandom;
  const std::size_t before = resident_bytes();
  const auto result = explore(
      [&](Scenario& s) {
        auto& count = s.make<std::atomic<int>>(0);
        for (const char* name : {"first", "second"}) {
          s.thread(name, [&count, &body] { body(count); });
        }
      },
      effort);
  EXPECT_EQ(result.fault, Fault::kNone) << result.what;
  EXPECT_LT(resident_bytes(), before + kAllowed) << "bytes; there were " << before << " before";
}

TEST(Heap, OfAbandonedThreadsIsGivenBack) {
  takes_little_memory(kMany, [](std::atomic<int>& count) {
    const std::vector<std::string> texts(2, std::string(kItem / 2, 'x'));
    count.fetch_add(static_cast<int>(texts.size()));
    explore::die();
  });
}

TEST(Heap, OfExceptionsInFlightIsGivenBack) {
  takes_little_memory(kEnough, [](std::atomic<int>& count) {
    try {
      throw std::runtime_error{std::string(kItem, 'x')};
    } catch (const std::runtime_error&) {
      count.fetch_add(1);
      explore::die();
    }
  });
}

TEST(Heap, OfFailedExecutionsIsGivenBack) {
  const std::size_t before = resident_bytes();
  for (int i = 0; i < 1'000; ++i) {
    const auto result = explore([](Scenario& s) {
      auto& count = s.make<std::atomic<int>>(0);
      for (const char* name : {"first", "second"}) {
        s.thread(name, [&count] {
          const std::string text(100 * kItem, 'x');
          explore::require(count.fetch_add(static_cast<int>(text.size())) == 0, "one comes first");
        });
      }
    });
    ASSERT_EQ(result.fault, Fault::kBroken);
  }
  EXPECT_LT(resident_bytes(), before + kAllowed);
}

TEST(Heap, TakenInCIsGivenBack) {
  takes_little_memory(kEnough, [](std::atomic<int>& count) {
    void* block = std::malloc(kItem / 4);
    block = std::realloc(block, kItem);
    void* aligned = nullptr;
    ASSERT_EQ(::posix_memalign(&aligned, 64, kItem), 0);
    void* const zeroed = std::calloc(kItem, 1);
    std::memset(block, 1, kItem);
    std::memset(aligned, 1, kItem);
    EXPECT_EQ(static_cast<char*>(zeroed)[kItem - 1], 0);
    std::free(aligned);
    count.fetch_add(1);
    explore::die();
  });
}

// The test's own notes, written by threads; a static variable, initialised by one; a chain that begins in a global:
// all while others' blocks are given back.
TEST(Heap, ThatOutlivesAnExecutionStays) {
  struct Link {
    std::unique_ptr<Link> next;
    std::string text;
  };
  static std::unique_ptr<Link> chain;
  static const std::string* known = nullptr;
  std::set<std::string> seen;
  int executions = 0;
  takes_little_memory(kEnough, [&](std::atomic<int>& count) {
    static const std::string text(kItem, 'k');
    known = &text;
    const std::string lost(kItem, 'x');
    if (++executions % 1'000 == 0) {
      seen.insert(std::string(100, 's') + std::to_string(executions));
      chain = std::make_unique<Link>(Link{std::move(chain), std::string(100, 'c')});
    }
    count.fetch_add(1);
    explore::die();
  });
  EXPECT_EQ(*known, std::string(kItem, 'k'));
  ASSERT_EQ(seen.size(), 2 * kEnough / 1'000);
  for (int i = 1'000; i <= executions; i += 1'000) EXPECT_EQ(seen.count(std::string(100, 's') + std::to_string(i)), 1U);
  std::size_t links = 0;
  for (const Link* link = chain.get(); link != nullptr; link = link->next.get(), ++links) {
    ASSERT_EQ(link->text, std::string(100, 'c'));
  }
  EXPECT_EQ(links, seen.size());
}

}  // namespace
