#include "explore/trim.hpp"

#include <algorithm>
#include <cstdint>
#include <unordered_map>

namespace explore::detail {
namespace {

using Kind = Step::Kind;

bool is_access(const Step& step) { return step.kind != Kind::kFence && step.kind != Kind::kOther; }
bool is_write(const Step& step) {
  return step.kind == Kind::kWrite || step.kind == Kind::kStore || step.kind == Kind::kUpdate;
}
unsigned bit_of(const Step& step) { return 1U << step.thread; }

/// Who touches which of eight bytes.
struct Users {
  unsigned all = 0;
  unsigned writers = 0;
};

class Trim {
 public:
  explicit Trim(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      if (!is_access(step)) continue;
      each_granule(step, [&](Users& users) {
        users.all |= bit_of(step);
        if (is_write(step)) users.writers |= bit_of(step);
        return false;
      });
    }
  }

  [[nodiscard]] bool is_private(const Step& step) {
    if (!is_access(step) || step.is_fault || step.is_stale) return false;
    const bool looks_only = !is_write(step);
    const bool concerns_others = each_granule(step, [&](const Users& users) {
      const unsigned others = looks_only ? users.writers : users.all;
      return (others & ~bit_of(step)) != 0;
    });
    return !concerns_others;
  }

 private:
  // Whether `is_so` holds for any of the step's granules.
  template <typename IsSo>
  bool each_granule(const Step& step, IsSo is_so) {
    bool any = false;
    for (std::uintptr_t at = step.address / 8; at * 8 < step.address + step.size; ++at) any = is_so(users_[at]) || any;
    return any;
  }

  std::unordered_map<std::uintptr_t, Users> users_;
};

}  // namespace

void leave_out_what_is_private(std::vector<Step>& steps) {
  Trim trim{steps};
  std::erase_if(steps, [&](const Step& step) { return trim.is_private(step); });
}

}  // namespace explore::detail
