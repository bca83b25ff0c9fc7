#include "explore/search.hpp"

#include <algorithm>
#include <bit>

namespace explore::detail {
namespace {

int lowest(Threads threads) { return std::countr_zero(threads); }

}  // namespace

void Search::begin(Pass pass, int bound) {
  pass_ = pass;
  bound_ = static_cast<unsigned>(bound);
  nodes_.clear();
  changed_ = 0;
  pruned_by_bound_ = 0;
}

void Search::begin_random(std::uint64_t seed) {
  begin(Pass::kRandom, 0);
  random_state_ = seed | 1;
}

void Search::begin_replay(std::vector<std::uint8_t> choices) {
  begin(Pass::kReplay, 0);
  script_ = std::move(choices);
}

void Search::restart() {
  depth_ = 0;
  diverged_ = false;
  spent_ = 0;
  asleep_ = 0;
  for (auto& floor : floors_) floor = 0;
}

std::uint64_t Search::random() {  // xorshift64*
  random_state_ ^= random_state_ >> 12;
  random_state_ ^= random_state_ << 25;
  random_state_ ^= random_state_ >> 27;
  return (random_state_ * 0x2545f4914f6cdd1dU) >> 33;
}

bool Search::affordable(unsigned cost) const { return pass_ != Pass::kBounded || spent_ + cost <= bound_; }

Node& Search::push(Node::Kind kind) {
  nodes_.push_back({});
  Node& node = nodes_.back();
  node.kind = kind;
  node.asleep = asleep_;
  node.spent = static_cast<std::uint16_t>(spent_);
  return node;
}

int Search::choose_thread(Threads enabled, Threads unlikely, Threads simple, int running) {
  const auto likely = static_cast<Threads>(enabled & ~unlikely);
  const bool goes_on = running >= 0 && (likely & bit(running)) != 0;
  const int usual = goes_on ? running : lowest(likely != 0 ? likely : enabled);
  // What costs nothing: to go on, or, where that is not possible, any likely thread.
  const Threads free = goes_on ? bit(running) : likely != 0 ? likely : enabled;
  if (depth_ == nodes_.size()) {
    int chosen = usual;
    Threads todo = 0;
    switch (pass_) {
      case Pass::kReplay: {
        const std::uint8_t code = depth_ < script_.size() ? script_[depth_] : 0;
        if (code != 0 && (enabled & bit(code - 1)) != 0) chosen = code - 1;
        break;
      }
      case Pass::kRandom:
        // Mostly onwards: bugs need few switches, in the right places.
        if (!goes_on || random() % 4 == 0) {
          Threads left = random() % 8 == 0 ? enabled : static_cast<Threads>(likely != 0 ? likely : enabled);
          int skip = static_cast<int>(random() % static_cast<unsigned>(std::popcount(left)));
          for (; skip > 0; --skip) left = static_cast<Threads>(left & (left - 1));
          chosen = lowest(left);
        }
        break;
      case Pass::kBounded:
        todo = affordable(1) ? enabled : free;
        if (todo != enabled) ++pruned_by_bound_;
        break;
      case Pass::kReduced: {
        const auto awake = static_cast<Threads>(enabled & ~asleep_);
        if (awake == 0) return -1;
        if ((awake & bit(usual)) == 0) chosen = lowest(awake);
        todo = bit(chosen);
        break;
      }
    }
    Node& node = push(Node::Kind::kThread);
    node.enabled = enabled;
    node.usual = static_cast<std::uint8_t>(usual);
    node.chosen = static_cast<std::uint8_t>(chosen);
    node.todo = todo;
    node.done = bit(chosen);
    node.free = free;
    node.simple = simple;
  }
  const Node& node = nodes_[depth_];
  if (node.kind != Node::Kind::kThread || node.enabled != enabled) return kDiverged;
  return follow(node);
}

int Search::choose_of_several(int options) {
  if (depth_ == nodes_.size()) {
    int chosen = 0;
    if (pass_ == Pass::kReplay && depth_ < script_.size()) chosen = script_[depth_] < options ? script_[depth_] : 0;
    if (pass_ == Pass::kRandom && random() % 4 == 0)
      chosen = static_cast<int>(random() % static_cast<unsigned>(options));
    Node& node = push(Node::Kind::kValue);
    node.options = static_cast<std::uint8_t>(std::min(options, 255));
    node.chosen = static_cast<std::uint8_t>(chosen);
  }
  const Node& node = nodes_[depth_];
  if (node.kind != Node::Kind::kValue || node.options != std::min(options, 255)) {
    diverged_ = true;
    return 0;
  }
  ++depth_;
  if (node.chosen != 0) ++spent_;
  return node.chosen;
}

bool Search::advance() {
  if (pass_ == Pass::kRandom || pass_ == Pass::kReplay) {
    nodes_.clear();
    return pass_ == Pass::kRandom;
  }
  while (!nodes_.empty()) {
    Node& node = nodes_.back();
    spent_ = node.spent;
    changed_ = nodes_.size() - 1;
    if (node.kind == Node::Kind::kValue) {
      if (node.chosen + 1 < node.options) {
        if (affordable(1)) {
          ++node.chosen;
          return true;
        }
        ++pruned_by_bound_;
      }
    } else {
      const auto left = static_cast<Threads>(node.todo & ~node.done & ~node.asleep);
      if (left != 0) {
        node.chosen = static_cast<std::uint8_t>(lowest(left));
        node.done |= bit(node.chosen);
        return true;
      }
    }
    nodes_.pop_back();
  }
  return false;
}

void Search::wake(int thread, const Operation& step, const Operation* pending, std::uint16_t newest) {
  for (Threads left = asleep_; left != 0; left = static_cast<Threads>(left & (left - 1))) {
    const int sleeper = lowest(left);
    if (sleeper == thread || !depend(pending[sleeper], step)) continue;
    asleep_ = static_cast<Threads>(asleep_ & ~bit(sleeper));
    // A load that reads an older store than this one might as well have gone first, which was tried already.
    if (is_plain_load(pending[sleeper]) && newest != 0) floors_[sleeper] = newest;
  }
}

void Search::try_one_of(std::uint32_t node, int preferred, Threads threads) {
  Node& choice = nodes_[node];
  if ((threads & (choice.todo | choice.asleep)) != 0) return;  // will be shown, or was
  const auto possible = static_cast<Threads>(threads & choice.enabled);
  if (possible == 0) {
    choice.todo = choice.enabled;
  } else {
    choice.todo |= (possible & bit(preferred)) != 0 ? bit(preferred) : bit(lowest(possible));
  }
}

std::vector<std::uint8_t> Search::choices() const {
  std::vector<std::uint8_t> list;
  for (const Node& node : nodes_) {
    if (node.kind == Node::Kind::kValue) {
      list.push_back(node.chosen);
      continue;
    }
    list.push_back(static_cast<std::uint8_t>(node.chosen == node.usual ? 0 : node.chosen + 1));
  }
  while (!list.empty() && list.back() == 0) list.pop_back();
  return list;
}

std::string to_schedule(const std::vector<std::uint8_t>& choices) {
  std::string text;
  unsigned usual = 0;
  for (const std::uint8_t choice : choices) {
    if (choice == 0) {
      ++usual;
      continue;
    }
    text += std::to_string(usual);
    for (unsigned rest = choice; rest > 0; rest -= rest > 26 ? 26 : rest) {
      text += rest > 26 ? 'z' : static_cast<char>('a' + rest - 1);
    }
    usual = 0;
  }
  return text.empty() ? "0" : text;
}

std::vector<std::uint8_t> from_schedule(const std::string& text) {
  std::vector<std::uint8_t> choices;
  unsigned number = 0;
  unsigned choice = 0;
  for (const char letter : text + "0") {
    if (letter >= 'a' && letter <= 'z') {
      choice += static_cast<unsigned>(letter - 'a') + 1;
    } else if (letter >= '0' && letter <= '9') {
      if (choice != 0) {
        choices.insert(choices.end(), number, 0);
        choices.push_back(static_cast<std::uint8_t>(choice));
        number = choice = 0;
      }
      number = number * 10 + static_cast<unsigned>(letter - '0');
      if (number > 100'000) return {};
    }
  }
  return choices;
}

}  // namespace explore::detail
