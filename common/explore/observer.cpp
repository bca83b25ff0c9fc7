#include "explore/observer.hpp"

#include "explore/tell.hpp"

namespace explore {

constinit thread_local Observer* detail::watching = nullptr;

Observer* observe(Observer* observer) noexcept {
  Observer* const before = detail::watching;
  detail::watching = observer;
  return before;
}

}  // namespace explore
