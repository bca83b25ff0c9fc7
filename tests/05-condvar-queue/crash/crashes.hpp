#pragma once

#include <cstdint>

#include "explore/scenario.hpp"
#include "queue_memory.hpp"
#include "testing/crash.hpp"
#include "testing/deadlines.hpp"
#include "testing/shared.hpp"

namespace queue_crash {

/// What a sweep needs: a queue, made anew before each death, and a note of what its victim is sure to have done.
class SweptQueue {
 public:
  explicit SweptQueue(std::size_t capacity, std::uint64_t filled = 0) : capacity_{capacity}, filled_{filled} {}

  void make_anew() {
    *done_ = 0;
    const auto mapping = memory_.map();
    const lab::Queue queue = lab::create(mapping.bytes(), capacity_, sizeof(lab05::Item));
    for (std::uint64_t number = 1; number <= filled_; ++number) {
      explore::require(lab05::try_push(queue, number) == number, "a queue that is not full takes an item");
    }
  }
  [[nodiscard]] lab05::Peer attach() const { return lab05::Peer{memory_}; }
  [[nodiscard]] const judge::SharedMemory& memory() const { return memory_; }

  /// A call of the victim's has returned.
  void done() { ++*done_; }
  [[nodiscard]] std::uint64_t so_far() const { return *done_; }

 private:
  judge::SharedMemory memory_;
  judge::Shared<std::uint64_t> done_;
  std::size_t capacity_;
  std::uint64_t filled_;
};

/// Takes all that is there: items numbered from `first` on, each whole. How many.
[[nodiscard]] inline std::uint64_t take_all(const lab::Queue& queue, std::uint64_t first) {
  std::uint64_t taken = 0;
  for (;; ++taken) {
    const auto seen = lab05::try_pop(queue);
    if (seen == lab05::kNotYet || seen == lab05::kClosed) return taken;
    explore::require(seen == first + taken, "every item that is left is whole, and in its place");
  }
}

/// The queue goes on as if nothing had happened: as many items fit as ever, and come out.
inline void goes_on(const lab::Queue& queue, std::uint64_t capacity) {
  for (std::uint64_t number = 101; number < 101 + capacity; ++number) {
    explore::require(lab05::push(queue, number, judge::far_away()) == number, "there is room for as many as ever");
  }
  explore::require(lab05::try_push(queue, 100) == lab05::kNotYet, "and for no more");
  explore::require(take_all(queue, 101) == capacity, "what is pushed now comes out");
}

}  // namespace queue_crash
