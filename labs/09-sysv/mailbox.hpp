#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <thread>

#include "posix_region.hpp"
#include "segment.hpp"
#include "shm/cache_line.hpp"
#include "shm/deadline.hpp"
#include "shm/error.hpp"

/// Given: a small program that does not care where its memory comes from.
namespace lab {

/// Room for one letter: one process puts letters in, another takes them out, in the same order. Wherever it lies, it
/// is nothing but bytes that both see.
class Mailbox {
 public:
  static constexpr std::uint64_t kType = 0x6d61'696c'626f'7831;
  static constexpr std::size_t kLongest = 120;  ///< bytes of a letter

  /// What lies in the memory. All zero: empty, and nothing was ever put in.
  struct State {
    alignas(shm::kCacheLine) std::atomic<std::uint64_t> put;
    alignas(shm::kCacheLine) std::atomic<std::uint64_t> taken;
    alignas(shm::kCacheLine) std::uint64_t length;
    char text[kLongest];
  };

  /// @param payload  zeroes, or another process's mailbox; it must outlive this view of it
  /// @throws std::system_error EINVAL, naming the value, for memory that is null, not aligned or too small
  explicit Mailbox(std::span<std::byte> payload) : state_{state_in(payload)} {}

  /// Puts a letter in as soon as the last one has been taken. @throws std::system_error EMSGSIZE, ETIMEDOUT
  void put(std::string_view letter, shm::Deadline deadline) {
    if (letter.size() > kLongest) shm::throw_error(EMSGSIZE, "put", std::to_string(letter.size()) + " bytes");
    const std::uint64_t number = state_.put.load(std::memory_order_relaxed);
    await(state_.taken, number, "put", deadline);
    state_.length = letter.size();
    std::ranges::copy(letter, state_.text);
    state_.put.store(number + 1, std::memory_order_release);
  }

  /// Takes the next letter out, once it is there. @throws std::system_error ETIMEDOUT
  [[nodiscard]] std::string take(shm::Deadline deadline) {
    const std::uint64_t number = state_.taken.load(std::memory_order_relaxed);
    await(state_.put, number + 1, "take", deadline);
    std::string letter{state_.text, std::min<std::size_t>(state_.length, kLongest)};
    state_.taken.store(number + 1, std::memory_order_release);
    return letter;
  }

 private:
  static State& state_in(std::span<std::byte> payload) {
    const auto address = reinterpret_cast<std::uintptr_t>(payload.data());
    if (address == 0 || address % alignof(State) != 0)
      shm::throw_error(EINVAL, "Mailbox", "memory at " + std::to_string(address));
    if (payload.size() < sizeof(State)) shm::throw_error(EINVAL, "Mailbox", std::to_string(payload.size()) + " bytes");
    return *reinterpret_cast<State*>(payload.data());
  }
  static void await(const std::atomic<std::uint64_t>& counter, std::uint64_t value, const char* call,
                    shm::Deadline deadline) {
    for (std::uint32_t looks = 1; counter.load(std::memory_order_acquire) != value; ++looks) {
      if (looks % 64 != 0) continue;
      if (deadline.passed()) shm::throw_error(ETIMEDOUT, call);
      std::this_thread::yield();
    }
  }

  State& state_;
};

/// Where a mailbox may lie. Each way has the same three members; that is all the program needs.
struct ByPosix {
  std::string name;

  [[nodiscard]] auto open(shm::Deadline deadline) const {
    return posix::create_or_attach(
        name, sizeof(Mailbox::State), 0600, [](auto&) {}, deadline);
  }
  bool remove() const { return posix::remove(name); }
};
struct BySysv {
  Place place;

  [[nodiscard]] auto open(shm::Deadline deadline) const {
    return create_or_attach(
        place, {.type = Mailbox::kType, .bytes = sizeof(Mailbox::State)}, 0600, [](auto&) {}, deadline);
  }
  bool remove() const { return lab::remove(place); }
};

/// The program: sends `count` letters, each the `begin` and its number. Whoever comes first makes the mailbox.
template <typename Way>
void send_letters(const Way& way, std::string_view begin, std::uint64_t count, shm::Deadline deadline) {
  const auto memory = way.open(deadline);
  Mailbox box{memory.payload()};
  for (std::uint64_t number = 1; number <= count; ++number)
    box.put(std::string{begin} + std::to_string(number), deadline);
}

/// The other side of it: takes them and removes the mailbox. @return how many were not what was due
template <typename Way>
[[nodiscard]] std::uint64_t receive_letters(const Way& way, std::string_view begin, std::uint64_t count,
                                            shm::Deadline deadline) {
  const auto memory = way.open(deadline);
  Mailbox box{memory.payload()};
  std::uint64_t wrong = 0;
  for (std::uint64_t number = 1; number <= count; ++number) {
    if (box.take(deadline) != std::string{begin} + std::to_string(number)) ++wrong;
  }
  way.remove();
  return wrong;
}

}  // namespace lab
