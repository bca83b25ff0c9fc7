#include "explore/explain.hpp"

#include <algorithm>
#include <optional>

#include "explore/memory.hpp"

namespace explore::detail {
namespace {

using Kind = Step::Kind;

bool stores(const Step& step) { return step.kind == Kind::kStore || step.kind == Kind::kUpdate; }
bool loads(const Step& step) { return step.kind == Kind::kLoad || step.kind == Kind::kUpdate; }

/// The threads of a data race, and what the later one has read of the earlier one's stores.
class RaceExplained {
 public:
  RaceExplained(Result& result, std::size_t earlier) : steps_{result.steps}, earlier_{earlier}, result_{result} {}

  [[nodiscard]] std::string sentence() {
    find_message();
    if (store_) return about_orders();
    const std::string one = name(steps_[earlier_]);
    const std::string other = name(steps_.back());
    if (any_older_) {
      return "What " + other + " has read of " + one + "'s was stored before this access of " + one +
             "'s, so it says nothing about it: a position that is published, or given back, too early looks like this.";
    }
    return "Nothing that " + other + " has read or locked came from " + one +
           " after its access, so the two may happen at the same time.";
  }

 private:
  [[nodiscard]] const std::string& name(const Step& step) const { return result_.threads[step.thread - 1U]; }

  void find_message() {
    const int one = steps_[earlier_].thread;
    const int other = steps_.back().thread;
    for (std::size_t load = 0; load < steps_.size(); ++load) {
      if (steps_[load].thread != other || !loads(steps_[load])) continue;
      for (std::size_t store = 0; store < load; ++store) {
        const Step& from = steps_[store];
        const bool is_source = from.thread == one && stores(from) && from.moment == steps_[load].source &&
                               from.address == steps_[load].address;
        if (!is_source) continue;
        if (store > earlier_) {
          store_ = store;
          load_ = load;
        } else {
          any_older_ = true;
        }
      }
    }
  }

  template <typename Order>
  [[nodiscard]] bool has_fence(int thread, std::size_t first, std::size_t last, Order has_order) const {
    return std::any_of(
        steps_.begin() + static_cast<std::ptrdiff_t>(first), steps_.begin() + static_cast<std::ptrdiff_t>(last),
        [&](const Step& step) { return step.thread == thread && step.kind == Kind::kFence && has_order(step.order); });
  }

  std::string about_orders() {
    Step& store = steps_[*store_];
    Step& load = steps_[load_];
    const bool released = releases(store.order) || has_fence(store.thread, earlier_, *store_, releases);
    const bool acquired = acquires(load.order) || has_fence(load.thread, load_, steps_.size(), acquires);
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
  Result& result_;
  std::optional<std::size_t> store_;
  std::size_t load_ = 0;
  bool any_older_ = false;
};

std::string about_race(Result& result) {
  for (std::size_t i = 0; i + 1 < result.steps.size(); ++i) {
    if (result.steps[i].is_fault) return RaceExplained{result, i}.sentence();
  }
  return "Nothing orders the two, so they may happen at the same time.";
}

std::string about_values(const Result& result) {
  const bool any_stale =
      std::any_of(result.steps.begin(), result.steps.end(), [](const Step& s) { return s.is_stale; });
  if (any_stale) {
    return "A load may return a value that has been overwritten already, unless something that its thread has acquired "
           "hides it. Compilers and other processors than x86-64 make use of that.";
  }
  return "Between any two steps of one thread, the others may make all of theirs.";
}

std::string about_waiting(const Result& result) {
  // The last that each thread did: one who came to wait at a condition variable after the signal was given.
  const auto is_waiting = [](const Step& step) { return step.text == "unlocks the mutex and waits"; };
  for (std::size_t thread = 1; thread <= result.threads.size(); ++thread) {
    const auto last = std::find_if(result.steps.rbegin(), result.steps.rend(),
                                   [thread](const Step& step) { return step.thread == thread; });
    if (last != result.steps.rend() && is_waiting(*last)) {
      return "A signal wakes those who wait already; nobody keeps it for those who come later. What is waited for must "
             "be "
             "looked at, under the mutex, before each wait, and changed under it.";
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
