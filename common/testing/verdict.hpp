#pragma once

#include <string>
#include <vector>

#include "testing/outcome.hpp"
#include "testing/story.hpp"

namespace judge::detail {

/// What happened in the running test, apart from its assertions: how its subjects ended, what it was meant to teach.
struct TestNotes {
  int step = -1;  // none was said
  std::string why;
  std::vector<Ending> endings;      // of the subjects, in order of their conclusion
  std::vector<std::string> faults;  // what makes the test fail whatever it asserted
  std::vector<Story> stories;       // of what went wrong in scenarios and crash sweeps
  bool any_outcome_unseen = false;
};
TestNotes& notes();

/// Ends and reaps every process that a subject of the running test left behind; says which, once.
/// @param of  only those of this process group; 0 for all
std::vector<std::string> end_stray_processes(pid_t of);

}  // namespace judge::detail
