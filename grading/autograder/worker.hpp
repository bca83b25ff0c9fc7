#pragma once

#include <functional>
#include <string>
#include <vector>

namespace grading {

/// What a task gave, or why it gave nothing.
struct TaskEnd {
  std::string value;
  std::string error;  ///< empty when there is a value
};

/// What it returns is text (or bytes) that crosses from one process to another.
using Task = std::function<std::string()>;

/// Runs each task in a process of its own, at most `jobs` at a time, in order; returns their ends in that order. A task
/// may block and use run_process. One that crashes on hostile input is an error of that task, never of the grader.
/// @param done  called here, in the calling process, as each one ends, with its index
/// @throws Interrupted after every worker has ended its own processes and is gone
std::vector<TaskEnd> run_side_by_side(const std::vector<Task>& tasks, int jobs,
                                      const std::function<void(std::size_t)>& done = {});

/// One task in a process of its own. @throws CannotGrade with what went wrong in it
std::string run_apart(const Task& task);

}  // namespace grading
