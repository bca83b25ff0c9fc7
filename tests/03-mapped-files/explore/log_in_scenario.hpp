#pragma once

#include <unistd.h>

#include <string>

#include "explore/scenario.hpp"
#include "log_file.hpp"
#include "testing/fresh_name.hpp"

/// A path where nothing is at the start of each execution, whatever the one before has left.
class FreePath {
 public:
  explicit FreePath(const judge::FreshName& name) : path_{"/dev/shm" + name.str()} { ::unlink(path_.c_str()); }
  FreePath(const FreePath&) = delete;
  FreePath& operator=(const FreePath&) = delete;
  ~FreePath() { ::unlink(path_.c_str()); }

  [[nodiscard]] const std::string& str() const { return path_; }

 private:
  std::string path_;
};

/// A new log that the threads of a scenario share. It goes before its path does.
struct SharedLog {
  explicit SharedLog(const judge::FreshName& name) : path{name}, log{lab::create(path.str(), 200)} {}

  FreePath path;
  lab::Log log;
};
