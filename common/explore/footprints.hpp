#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "explore/operation.hpp"
#include "explore/search.hpp"
#include "explore/view.hpp"

/// For the explorer alone: which steps of an execution depend on which, to find those whose order is worth reversing.
/// This order is of the execution, not of the memory model: see search.hpp.
namespace explore::detail {

/// What a step came to. Whoever reads the newest store comes after the thread that made it.
enum class Effect : std::uint8_t { kReadOlder, kReadNewest, kStored };

class Footprints {
 public:
  Footprints();
  void restart();

  /// A thread is about to make a step: tells the search at which earlier choices it might as well have gone first.
  void find_reversals(Search& search, int thread, const Operation& operation, Effect effect);

  /// It makes the step, which came from this choice.
  void step(Search& search, int thread, const Operation& operation, std::uint32_t node, Effect effect) {
    if (search.reduces()) note(search, thread, operation, node, effect);
  }

 private:
  static constexpr std::size_t kSlots = 512;
  struct Mark {
    std::uint32_t event;
    std::uint16_t count;  // its thread's own; 0: never
  };
  struct Clock {
    std::uint16_t of[kThreads];
    void join(const Clock& other);
  };
  struct Print {
    std::uintptr_t object;
    std::uint32_t generation;
    Mark changed[kThreads];
    Mark read[kThreads];
    Clock all;         // comes before whoever changes it next
    Clock last_store;  // comes before whoever reads it
  };
  struct Event {
    Clock clock;
    std::uint32_t node;
    std::uint8_t thread;
  };
  struct Touch;
  void note(Search& search, int thread, const Operation& operation, std::uint32_t node, Effect effect);
  static int touches_of(const Operation& operation, Touch (&touches)[2]);
  Print& print_of(std::uintptr_t object);
  [[nodiscard]] Clock joined(int thread, const Operation& operation, Effect effect);
  [[nodiscard]] Threads first_without(const Mark& mark, int other, int thread, const Clock& clock_of_thread) const;

  std::unique_ptr<Print[]> prints_;
  std::uint32_t generation_ = 1;
  Clock clocks_[kThreads] = {};
  std::vector<Event> events_;
};

}  // namespace explore::detail
