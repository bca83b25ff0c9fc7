#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "testing/board.hpp"

namespace judge::detail {

/// What a new subject needs to know; everything was prepared before the fork.
struct Assignment {
  Board* board;
  std::uint64_t secret;
  std::uint64_t address_noise;      // bytes to reserve, so that peers map at different addresses
  int output_fd;                    // takes stdout and stderr
  int finding_fd;                   // takes sanitizer reports
  std::vector<pid_t> out_of_reach;  // processes that it must not signal or trace
  const std::function<std::string()>* body;
};

/// The forked child's whole life: confines itself, runs the body, checks what it left open, seals the result, leaves.
[[noreturn]] void live(const Assignment& assignment);

/// What every subject does is done once by the judge before it forks any: valgrind translates code when a process first
/// runs it, and a child inherits what its parent has run. Needs `current_board`.
void rehearse();

/// Descriptors that no subject may hold (the record's); closed first thing in every subject.
void keep_from_subjects(int fd);

}  // namespace judge::detail
