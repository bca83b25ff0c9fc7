#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "explore/operation.hpp"
#include "explore/view.hpp"

/// For the explorer alone: which executions are tried, in which order.
///
/// An execution is a list of choices: which thread goes on, which of several stores a load reads. Depth first, the last
/// choice that has an alternative is changed and all before it are repeated. Few deviations from the simplest
/// execution (the newest value, no switch without need) come first; the last pass has no such bound and leaves out
/// executions that differ only in the order of steps that do not concern each other.
/// @see Flanagan, Godefroid: "Dynamic partial-order reduction for model checking software" (POPL 2005); Godefroid: sleep
/// sets; Musuvathi, Qadeer: "Iterative context bounding" (PLDI 2007)
namespace explore::detail {

using Threads = std::uint8_t;  // a bit for each

[[nodiscard]] inline Threads bit(int thread) { return static_cast<Threads>(1U << thread); }

/// One choice of an execution, and what is known about its alternatives.
struct Node {
  enum class Kind : std::uint8_t { kThread, kValue };
  Kind kind;
  std::uint8_t chosen;   ///< the thread, or the number of the alternative
  std::uint8_t options;  ///< values: how many; threads: unused
  std::uint8_t usual;    ///< threads: the one that goes on when nothing deviates
  Threads enabled;       ///< threads that could go on
  Threads todo;          ///< that are to be tried
  Threads done;          ///< that were tried, or are being
  Threads asleep;        ///< that need not be tried: an earlier branch has shown all that comes of it
  Threads free;          ///< that go on without a deviation
  Threads simple;        ///< that go on without anything else to happen first
  std::uint16_t spent;   ///< deviations before this choice
};

/// Why a search may end.
enum class Pass : std::uint8_t { kBounded, kReduced, kRandom, kReplay };

class Search {
 public:
  /// Starts a pass; `bound` is the number of deviations allowed in kBounded.
  void begin(Pass pass, int bound);
  void begin_random(std::uint64_t seed);
  void begin_replay(std::vector<std::uint8_t> choices);

  /// Before each execution.
  void restart();
  /// After each execution: whether there is another one to try in this pass.
  bool advance();

  /// The code has not done what it did when these choices were made before.
  static constexpr int kDiverged = -2;
  [[nodiscard]] bool has_diverged() const { return diverged_; }

  /// The thread that goes on, of those enabled; kDiverged; or -1 when all that could are asleep, so that nothing new
  /// can come of it. `unlikely` ones can go on only by what seldom happens (a time-out, a spurious wake-up): that is a
  /// deviation. For `simple` ones nothing else must happen first: only to these the search may come back without
  /// asking.
  int choose_thread(Threads enabled, Threads unlikely, Threads simple, int running);
  /// The thread that goes on, when that is as it was in the execution before and known without looking: or 0.
  int repeat_thread() {
    if (depth_ == nodes_.size()) return 0;
    const Node& node = nodes_[depth_];
    return node.kind == Node::Kind::kThread && (node.simple & bit(node.chosen)) != 0 ? follow(node) : 0;
  }
  /// One of several things that may happen; 0 is what usually does.
  int choose_value(int options) { return options <= 1 ? 0 : choose_of_several(options); }

  /// Whether to try what a thread does that looks in vain again and again: the reduction takes it for waiting.
  [[nodiscard]] bool may_insist() const { return pass_ != Pass::kReduced; }

  /// Whether it matters which steps depend on which.
  [[nodiscard]] bool reduces() const { return pass_ == Pass::kReduced; }
  /// Whether all until now was the same in the execution before.
  [[nodiscard]] bool repeats() const { return depth_ <= changed_; }

  /// A thread makes a step: what depends on it is worth trying again. `newest` is the position that a store made.
  void woken_by(int thread, const Operation& step, const Operation* pending, std::uint16_t newest) {
    if (asleep_ != 0) wake(thread, step, pending, newest);
  }
  /// The position from which on the thread must read: what it could read before was shown elsewhere.
  [[nodiscard]] std::uint16_t floor(int thread) const { return floors_[thread]; }
  void clear_floor(int thread) { floors_[thread] = 0; }

  /// The choice that the step under way came from.
  [[nodiscard]] std::uint32_t last_thread_node() const { return last_thread_node_; }
  /// Whether a thread could go on at that choice that will not be tried yet.
  [[nodiscard]] bool is_open(std::uint32_t node) const { return (nodes_[node].enabled & ~nodes_[node].todo) != 0; }
  /// One of these threads should be tried at that choice, best the preferred one.
  void try_one_of(std::uint32_t node, int preferred, Threads threads);

  [[nodiscard]] std::uint64_t pruned_by_bound() const { return pruned_by_bound_; }
  [[nodiscard]] std::vector<std::uint8_t> choices() const;

 private:
  Node& push(Node::Kind kind);
  int follow(const Node& node);
  int choose_of_several(int options);
  void wake(int thread, const Operation& step, const Operation* pending, std::uint16_t newest);
  [[nodiscard]] bool affordable(unsigned cost) const;
  std::uint64_t random();

  Pass pass_ = Pass::kBounded;
  unsigned bound_ = 0;
  unsigned spent_ = 0;
  std::size_t depth_ = 0;
  bool diverged_ = false;
  std::size_t changed_ = 0;  // the choice that differs from the execution before; all earlier ones are the same
  std::vector<Node> nodes_;
  std::vector<std::uint8_t> script_;
  std::uint32_t last_thread_node_ = 0;
  Threads asleep_ = 0;
  std::uint16_t floors_[kThreads] = {};
  std::uint64_t pruned_by_bound_ = 0;
  std::uint64_t random_state_ = 1;
};

inline int Search::follow(const Node& node) {
  last_thread_node_ = static_cast<std::uint32_t>(depth_++);
  // Whoever was tried here before sleeps in this branch until something wakes it.
  if (pass_ == Pass::kReduced) asleep_ = static_cast<Threads>((node.asleep | node.done) & ~bit(node.chosen));
  if ((node.free & bit(node.chosen)) == 0) ++spent_;
  return node.chosen;
}

/// A list of choices as a word, and back: 0, 0, 0, 3, 0, 2 is written "3c1b".
[[nodiscard]] std::string to_schedule(const std::vector<std::uint8_t>& choices);
[[nodiscard]] std::vector<std::uint8_t> from_schedule(const std::string& text);

}  // namespace explore::detail
