#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ostream>
#include <span>
#include <vector>

#include "shared_queue.hpp"
#include "shm/mapping.hpp"
#include "testing/memory.hpp"
#include "testing/subject.hpp"

/// Items, and queues of them, for all suites of this lab.
namespace lab05 {

/// The size of an item where only sizes matter, in bytes.
inline constexpr std::size_t kItemSize = 24;

/// What is queued here: a number, and words that only it has, so that half an item is noticed.
struct Item {
  std::array<std::uint64_t, 5> words;
  friend bool operator==(const Item&, const Item&) = default;
};

[[nodiscard]] inline Item numbered(std::uint64_t number) {
  Item item{};
  for (std::uint64_t i = 0; i < item.words.size(); ++i) item.words[i] = number * (2 * i + 1) + i;
  return item;
}

/// A number that a subject reports, or a word for what is none; it prints as such.
struct Said {
  constexpr Said(std::uint64_t said = 0) : value{said} {}                   // NOLINT(google-explicit-constructor)
  [[nodiscard]] constexpr operator std::uint64_t() const { return value; }  // NOLINT(google-explicit-constructor)
  std::uint64_t value;
};
using Numbers = std::vector<Said>;

/// How a call ended that gave no item.
inline constexpr Said kNotYet{1'000'001};
inline constexpr Said kClosed{1'000'002};
/// It has come long after its deadline.
inline constexpr Said kLate{1'000'003};
/// What an item that was taken says when its parts do not belong together.
inline constexpr Said kTorn{0xDEAD'DEAD};

inline void PrintTo(const Said& said, std::ostream* out) {
  if (said == kNotYet) {
    *out << "kNotYet";
  } else if (said == kClosed) {
    *out << "kClosed";
  } else if (said == kLate) {
    *out << "long after the deadline";
  } else if (said == kTorn) {
    *out << "an item that is torn";
  } else {
    *out << said.value;
  }
}

/// The number of an item that was taken, or kTorn.
[[nodiscard]] inline Said number_of(const Item& item) {
  return item == numbered(item.words[0]) ? Said{item.words[0]} : kTorn;
}

[[nodiscard]] inline Said word_for(lab::Result result, Said number) {
  return result == lab::Result::kDone ? number : result == lab::Result::kClosed ? kClosed : kNotYet;
}

// Each says the item's number, or how it ended.
[[nodiscard]] inline Said try_push(const lab::Queue& queue, std::uint64_t number) {
  const Item item = numbered(number);
  return word_for(lab::try_push(queue, std::as_bytes(std::span{&item, 1})), number);
}
[[nodiscard]] inline Said push(const lab::Queue& queue, std::uint64_t number, shm::Deadline deadline) {
  const Item item = numbered(number);
  return word_for(lab::push(queue, std::as_bytes(std::span{&item, 1}), deadline), number);
}
[[nodiscard]] inline Said try_pop(const lab::Queue& queue) {
  Item item{};
  const lab::Result result = lab::try_pop(queue, std::as_writable_bytes(std::span{&item, 1}));
  return word_for(result, number_of(item));
}
[[nodiscard]] inline Said pop(const lab::Queue& queue, shm::Deadline deadline) {
  Item item{};
  const lab::Result result = lab::pop(queue, std::as_writable_bytes(std::span{&item, 1}), deadline);
  return word_for(result, number_of(item));
}

/// A queue in memory of its own, for a subject that plays all sides.
struct PrivateQueue {
  explicit PrivateQueue(std::size_t capacity, std::size_t item_size = sizeof(Item))
      : memory{lab::bytes_for(capacity, item_size)}, queue{lab::create(memory.bytes(), capacity, item_size)} {}

  judge::PrivateMemory memory;
  lab::Queue queue;
};

/// Makes a queue of items in shared memory, by a subject that ends before the peers start.
[[nodiscard]] inline judge::Outcome<judge::Unit> make_queue(const judge::SharedMemory& memory, std::size_t capacity) {
  return judge::subject([&] {
    const auto mapping = memory.map();
    static_cast<void>(lab::create(mapping.bytes(), capacity, sizeof(Item)));
  });
}

/// The queue in shared memory, as one process sees it.
struct Peer {
  explicit Peer(const judge::SharedMemory& memory)
      : displacement{judge::some_pages()}, mapping{memory.map()}, queue{lab::attach(mapping.bytes(), sizeof(Item))} {}

  shm::Mapping displacement;
  shm::Mapping mapping;
  lab::Queue queue;
};

}  // namespace lab05
