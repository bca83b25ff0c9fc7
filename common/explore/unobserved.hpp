#pragma once

#include "explore/observer.hpp"

/// For the explorer alone.
namespace explore::detail {

/// While this lives, the calling thread's accesses are the explorer's own: nobody is told.
class Unobserved {
 public:
  Unobserved() : before_{observe(nullptr)} {}
  Unobserved(const Unobserved&) = delete;
  Unobserved& operator=(const Unobserved&) = delete;
  ~Unobserved() { observe(before_); }

  /// Who was told until now; null: nobody.
  [[nodiscard]] const Observer* before() const { return before_; }

 private:
  Observer* before_;
};

}  // namespace explore::detail
