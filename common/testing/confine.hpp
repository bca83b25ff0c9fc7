#pragma once

#include <sys/types.h>

#include <vector>

namespace judge::detail {

/// Makes signals to, and tracing of, these processes (and of everybody at once) fail with EPERM in this process and its
/// children, for good. @see seccomp(2)
void put_out_of_reach(const std::vector<pid_t>& processes);

}  // namespace judge::detail
