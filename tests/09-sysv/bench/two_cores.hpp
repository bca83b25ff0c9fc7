#pragma once

#include <functional>
#include <vector>

namespace bench {

/// What one measurement gave.
struct Run {
  double seconds = 0;
  bool disturbed = false;  ///< the kernel took a core away meanwhile: the number says nothing
};

/// Runs `first` on one core and `second` on another, begun together, and takes the time until both are done.
/// Throws std::runtime_error when the process may not use two cores.
[[nodiscard]] Run on_two_cores(const std::function<void()>& first, const std::function<void()>& second);

/// The median of the undisturbed runs, or of all when every one was disturbed.
[[nodiscard]] double median_seconds(const std::vector<Run>& runs);

/// Of two series that ran side by side: the median of how many times faster `ours` was than `theirs`, round by round.
[[nodiscard]] double median_speedup(const std::vector<Run>& ours, const std::vector<Run>& theirs);

/// What a spinning thread does between two attempts.
inline void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

/// Tells the compiler that somebody else reads and writes the object.
template <typename T>
void use(T& object) {
  asm volatile("" : : "r"(&object) : "memory");
}

}  // namespace bench
