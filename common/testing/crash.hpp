#pragma once

#include <gmock/gmock.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "explore/scenario.hpp"
#include "testing/outcome.hpp"
#include "testing/story.hpp"

/// Crash sweeps: EXPECT_THAT(crash_sweep({.prepare = ..., .victim = ..., .survivor = ...}), IsSurvived()).
namespace judge {

/// A process that dies, and one that finds what it has left.
struct Crash {
  /// Makes the state anew, before each death.
  std::function<void()> prepare;
  /// What the process does that dies at each of its crash points in turn: before each write into memory that it shares,
  /// in the middle of each longer one, before each call that others may notice, and at its end.
  std::function<void()> victim;
  /// What another does then; it says by explore::require what must hold. It also follows a victim that did not die
  /// before its end.
  std::function<void()> survivor;
  /// The survivor dies as well, at each of its own crash points in turn, and a second one follows.
  bool survivor_dies_too = false;
  /// When the last one has gone, no object in /dev/shm and no SysV segment may be left that was not there before the
  /// victim began. (Objects: those that a FreshName begins; in the sandbox all.)
  bool leaves_nothing = false;
  /// A file that the victim maps, or makes and maps: then the power fails, too. Each of its pages that was written
  /// since its last msync may hold what it held then, or what it holds now.
  std::string file = {};
  std::string victim_name = "the victim";
  std::string survivor_name = "the survivor";
  /// For a survivor: longer, and it hangs.
  std::chrono::milliseconds deadline{2'000};
  /// That are tried at most; with fewer than there are, the sweep is not complete.
  std::uint64_t most_deaths = 4'000;
};

/// What came of a sweep.
struct CrashSweep {
  std::uint64_t deaths = 0;  ///< that were tried
  bool complete = false;     ///< all that there are were tried
  Story story;               ///< of the first that was not survived
};

void PrintTo(const Outcome<CrashSweep>& outcome, std::ostream* out);

/// Lets the victim die at each of its crash points, in processes below a subject.
[[nodiscard]] Outcome<CrashSweep> crash_sweep(const Crash& crash);

/// Whenever the victim died, the survivor was content, and all deaths that there are were tried.
MATCHER(IsSurvived, "whenever the one dies, the other finds all in order") {
  return arg.kind == Kind::kReturned && arg.value && arg.value->story.empty() && arg.value->complete;
}

/// Of the deaths that were tried, all were survived; there may be more of them than could be tried.
MATCHER(IsSurvivedSoFar, "whenever the one dies of those times that were tried, the other finds all in order") {
  return arg.kind == Kind::kReturned && arg.value && arg.value->story.empty();
}

}  // namespace judge
