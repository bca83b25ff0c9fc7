#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "support.hpp"
#include "testing/deadlines.hpp"
#include "testing/findings.hpp"

/// More processes that wait for an item than most queues have places for.
namespace lab05 {

class Crowd {
 public:
  /// Under valgrind, which takes a second for each process, a small one.
  static std::uint32_t size() { return judge::detail::under_valgrind() ? 5 : 20; }

  /// Each says `before()` first, when all are there.
  template <typename Before>
  Crowd(const judge::SharedMemory& memory, Before before) : watched_(size()) {
    for (const auto& one : watched_) {
      consumers_.push_back(judge::start(
          [this, &memory, &one, before] {
            const Peer peer{memory};
            all_there_.meet(size());
            const Said first = before(peer.queue);
            one.here();
            return Numbers{first, pop(peer.queue, judge::far_away())};
          },
          {.name = "one of many consumers"}));
    }
    await([](const judge::Watched& one) { one.await_sleep(); });
  }

  /// Waits until all of them wait for the lock that `owner` holds.
  void await_lock_of(const judge::Watched& owner) const {
    await([&](const judge::Watched& one) { one.await_lock_of(owner); });
  }

  /// Pushes an item for each; what they have said, in the order of their items.
  [[nodiscard]] std::vector<Numbers> feed(const judge::SharedMemory& memory) {
    const auto fed = judge::subject([&memory] {
      const Peer peer{memory};
      for (std::uint64_t number = 1; number <= size(); ++number) {
        if (push(peer.queue, number, judge::in_good_time()) != number) return number;
      }
      return std::uint64_t{0};
    });
    EXPECT_THAT(fed, judge::Returns(0U)) << "the first item for which there was no room";
    std::vector<Numbers> said;
    for (auto& consumer : consumers_) {
      const auto outcome = consumer.outcome();
      EXPECT_THAT(outcome, judge::ReturnsNormally());
      if (outcome.value) said.push_back(*outcome.value);
    }
    std::ranges::sort(said, {}, [](const Numbers& one) { return one.empty() ? 0 : one.back().value; });
    return said;
  }

 private:
  // Or not all of them come there, and the test finds out.
  template <typename Await>
  void await(Await await_one) const {
    const auto deadline = judge::in_good_time();
    for (const auto& one : watched_) {
      if (!deadline.passed()) await_one(one);
    }
  }

  std::vector<judge::Watched> watched_;
  judge::Rendezvous all_there_;
  std::vector<judge::Subject<Numbers>> consumers_;
};

}  // namespace lab05
