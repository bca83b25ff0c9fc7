#pragma once

#include <string_view>

namespace shm {

/// What a step of a skeleton throws until it is solved. Deliberately not a std::exception, so that no test and no
/// catch (const std::exception&) takes it for an error of the student's; and the constructor reports the step to
/// the test that runs, so that it counts as "not started" even where the exception itself is swallowed: in a thread, in
/// a forked child, behind noexcept.
class NotImplemented {
 public:
  /// @param step  a string literal, e.g. "step 3: attach to an existing object"
  explicit NotImplemented(const char* step) noexcept : step_{step} {
    if (noted_by != nullptr) noted_by(step);
  }

  [[nodiscard]] std::string_view step() const noexcept { return step_; }

  /// Called with each step that was not implemented; the tests set it, a program of the student's need not.
  static inline void (*noted_by)(const char* step) noexcept = nullptr;

 private:
  const char* step_;
};

}  // namespace shm
