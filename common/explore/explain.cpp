#include "explore/explain.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "explore/memory.hpp"

namespace explore::detail {
namespace {

using Kind = Step::Kind;

constexpr std::size_t kMostThreads = 4;

bool stores(const Step& step) { return step.kind == Kind::kStore || step.kind == Kind::kUpdate; }
bool loads(const Step& step) { return step.kind == Kind::kLoad || step.kind == Kind::kUpdate; }

/// Why nothing orders two steps of different threads: the way by which the later one's thread has heard of the earlier
/// one, and what is missing on it.
class Unordered {
 public:
  Unordered(Result& result, std::size_t earlier, std::size_t later)
      : steps_{result.steps},
        earlier_{earlier},
        later_{later},
        result_{result},
        reached_(steps_.size()),
        read_from_(steps_.size()) {
    find_ways();
  }

  /// Empty when there is no way at all.
  [[nodiscard]] std::string missing() {
    std::string text;
    // From the end to the start; told from the start.
    for (std::size_t at = later_; reached_[at] && reached_[at]->by != earlier_;) {
      const std::size_t load = reached_[at]->by;
      const std::size_t store = read_from_[load];
      const std::string missing = missing_between(store, load, at);
      text = missing + (missing.empty() || text.empty() ? "" : " ") + text;
      at = store;
    }
    return text;
  }

  [[nodiscard]] std::string sentence() {
    if (const std::string text = missing(); !text.empty()) return text;
    const std::string one = name(steps_[earlier_]);
    const std::string other = name(steps_[later_]);
    if (any_older_) {
      return "What " + other + " has read of " + one + "'s was stored before this access of " + one +
             "'s, so it says nothing about it: a position that is published, or given back, too early looks like this.";
    }
    return "Nothing that " + other + " has read or locked came from " + one +
           " after its access, so the two may happen at the same time.";
  }

 private:
  /// How a step's thread has heard of the earlier access.
  struct Way {
    int loads;       ///< of what another has stored
    std::size_t by;  ///< the last of these loads; the earlier access itself, in its own thread
  };

  [[nodiscard]] const std::string& name(const Step& step) const { return result_.threads[step.thread - 1U]; }

  // The store that a load has read.
  [[nodiscard]] std::optional<std::size_t> source_of(std::size_t load) const {
    for (std::size_t store = 0; store < load && steps_[load].source != 0; ++store) {
      const Step& from = steps_[store];
      if (stores(from) && from.moment == steps_[load].source && from.address == steps_[load].address) return store;
    }
    return std::nullopt;
  }

  // The shortest ways. A read-modify-write hands on what the store before it has released, whoever makes it.
  void find_ways() {
    std::array<std::optional<Way>, 1 + kMostThreads> known;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const int me = steps_[i].thread;
      if (i == earlier_) known[me] = Way{0, i};
      for (auto store = loads(steps_[i]) ? source_of(i) : std::nullopt; store;
           store = steps_[*store].kind == Kind::kUpdate ? source_of(*store) : std::nullopt) {
        if (*store < earlier_) any_older_ = any_older_ || is_between_both(*store, i);
        if (!reached_[*store] || steps_[*store].thread == me) continue;
        const int so_far = reached_[*store]->loads + 1;
        if (known[me] && known[me]->loads < so_far) continue;
        known[me] = Way{so_far, i};
        read_from_[i] = *store;
      }
      reached_[i] = known[me];
    }
  }

  [[nodiscard]] bool is_between_both(std::size_t store, std::size_t load) const {
    return steps_[store].thread == steps_[earlier_].thread && steps_[load].thread == steps_[later_].thread;
  }

  template <typename Order>
  [[nodiscard]] bool has_fence(int thread, std::size_t first, std::size_t last, Order has_order) const {
    return std::any_of(
        steps_.begin() + static_cast<std::ptrdiff_t>(first), steps_.begin() + static_cast<std::ptrdiff_t>(last),
        [&](const Step& step) { return step.thread == thread && step.kind == Kind::kFence && has_order(step.order); });
  }

  // What the load brings is needed at the step `needed`.
  std::string missing_between(std::size_t from, std::size_t to, std::size_t needed) {
    Step& store = steps_[from];
    Step& load = steps_[to];
    const bool released = releases(store.order) || has_fence(store.thread, reached_[from]->by, from, releases);
    const bool acquired = acquires(load.order) || has_fence(load.thread, to, needed, acquires);
    std::string text;
    if (!released) {
      store.is_fault = true;
      text =
          "The store of " + name(store) + "'s that " + name(load) +
          " has read is no release: its value may arrive before what was written (or after what was read) ahead of it.";
    }
    if (!acquired) {
      load.is_fault = true;
      text += std::string{text.empty() ? "" : " And "} + (text.empty() ? "The" : "the") + " load by which " +
              name(load) + " has read " + name(store) +
              "'s store is no acquire: what follows it may still see what was there before.";
    }
    return text;
  }

  std::vector<Step>& steps_;
  std::size_t earlier_;
  std::size_t later_;
  Result& result_;
  std::vector<std::optional<Way>> reached_;  // by each step
  std::vector<std::size_t> read_from_;       // by each load on a way
  bool any_older_ = false;
};

std::string about_race(Result& result) {
  for (std::size_t i = 0; i + 1 < result.steps.size(); ++i) {
    if (result.steps[i].is_fault) return Unordered{result, i, result.steps.size() - 1}.sentence();
  }
  return "Nothing orders the two, so they may happen at the same time.";
}

// Why the value that has overwritten what the load has read was not bound to arrive; empty when its thread has read
// nothing that came after.
std::string about_stale(Result& result, std::size_t load) {
  const Step& stale = result.steps[load];
  for (std::size_t i = load; i-- > 0;) {
    const Step& step = result.steps[i];
    if (!stores(step) || step.address != stale.address || step.thread == stale.thread || step.thread == 0) continue;
    if (step.moment <= stale.source) return "";
    if (std::string text = Unordered{result, i, load}.missing(); !text.empty()) return text + " ";
  }
  return "";
}

std::string about_values(Result& result) {
  std::string missing;
  bool any_stale = false;
  for (std::size_t i = 0; i < result.steps.size() && missing.empty(); ++i) {
    if (!result.steps[i].is_stale) continue;
    any_stale = true;
    missing = about_stale(result, i);
  }
  if (any_stale) {
    return missing +
           "A load may return a value that has been overwritten already, unless something that its thread has acquired "
           "hides it. Compilers and other processors than x86-64 make use of that.";
  }
  return "Between any two steps of one thread, the others may make all of theirs.";
}

// That thread's last step; nullptr when it made none.
Step* last_of(Result& result, std::size_t thread) {
  const auto last = std::find_if(result.steps.rbegin(), result.steps.rend(),
                                 [thread](const Step& step) { return step.thread == thread; });
  return last == result.steps.rend() ? nullptr : &*last;
}

// One who waits at a condition variable, and what became of the signals.
std::string about_signals(Result& result, Step& waits) {
  waits.is_fault = true;
  bool any = false;
  for (Step& step : result.steps) {
    if (&step == &waits && any) {
      return "A signal wakes those who wait already; nobody keeps it for those who come later. What is waited for must "
             "be looked at, under the mutex, before each wait, and changed under it.";
    }
    if (step.address != waits.address || !step.text.starts_with("wakes ")) continue;
    any = step.is_fault = true;
  }
  if (!any) return "Who waits at a condition variable sleeps until somebody signals, and nobody does.";
  return "A signal wakes one of those who wait, and not always the one who can make use of it.";
}

std::string about_waiting(Result& result) {
  for (std::size_t thread = 1; thread <= result.threads.size(); ++thread) {
    Step* const last = last_of(result, thread);
    if (last == nullptr) continue;
    if (last->text == "unlocks the mutex and waits") return about_signals(result, *last);
    if (last->text == "waits for a change of this word") {
      last->is_fault = true;
      return "A store alone wakes nobody who waits already: a notification has to follow it.";
    }
  }
  return "Each waits for what another would have to do first.";
}

}  // namespace

void explain(Result& result) {
  if (result.fault == Fault::kNone || result.steps.empty()) return;
  result.steps.back().is_fault = true;
  switch (result.fault) {
    case Fault::kRace:
      result.because = about_race(result);
      break;
    case Fault::kBroken:
    case Fault::kThrew:
      result.because = about_values(result);
      break;
    case Fault::kDeadlock:
      result.because = about_waiting(result);
      break;
    case Fault::kLivelock:
      result.because = "It looks at the same values again and again, and nobody is left who would change them.";
      break;
    case Fault::kOutside:
      result.because = "What lies there belongs to something else, or to nobody.";
      break;
    case Fault::kMisuse:
    case Fault::kNone:
    case Fault::kUnsupported:
    case Fault::kNotStarted:
      break;
  }
}

}  // namespace explore::detail
