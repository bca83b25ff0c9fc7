#pragma once

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>

#include "segments.hpp"
#include "shm/error.hpp"
#include "testing/deadlines.hpp"
#include "testing/gate.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/prediction.hpp"
#include "testing/rendezvous.hpp"
#include "testing/seed.hpp"
#include "testing/subject.hpp"

/// Shared by the suites of this lab.
namespace lab09 {

using lab::Access;
using lab::Contents;

/// What most tests use: one type, and so many bytes or more.
[[nodiscard]] inline Contents contents(std::size_t bytes) { return {.type = 1, .bytes = bytes}; }

inline constexpr std::size_t kPage = 4'096;

/// For what must not hang.
inline const judge::Terms kBrief{.deadline = std::chrono::seconds{4}};

/// The call failed with this errno, and its text holds the value that was wrong.
MATCHER_P2(ThrowsNaming, error, value,
           "it throws std::system_error with " + judge::describe_errno(error) + ", and names " + value) {
  return arg.kind == judge::Kind::kThrew && arg.error == error && arg.what.find(value) != std::string::npos;
}

/// This segment has the key. Say whose it is behind it, for a number tells nobody anything.
MATCHER_P(HasTheKey, key, "it has the key") {
  const int holder = ::shmget(key, 0, 0);
  if (holder != arg) *result_listener << (holder == -1 ? "no segment has the key any more" : "another one has the key");
  return holder == arg;
}
[[nodiscard]] inline auto has_the_key_of(const FreshPlace& fresh) { return HasTheKey(fresh.place().key); }

/// To be called in a subject: from now on it is one whom a mode can keep out. (Nothing keeps root out.)
inline void be_nobody_special() {
  constexpr uid_t kNobody = 65'534;
  if (::geteuid() == 0 && ::setresuid(kNobody, kNobody, kNobody) != 0) shm::throw_error(errno, "setresuid");
}

/// The calls by which a segment is found, looked at, attached, removed. Whichever a solution makes, and in which order,
/// a gate at the first, the second, ... of them holds it between any two.
inline const judge::gate::Calls kEveryCall = {"shmget", "shmat", "shmctl", "kill"};
inline constexpr int kMostCalls = 7;  ///< of them, before a solution has seen all that it looks at

/// The same, and those by which one waits a little: at the one behind `kMostCalls`, it has looked and found it not
/// ready.
inline const judge::gate::Calls kEveryCallAndSleep = {"shmget", "shmat",     "shmctl",
                                                      "kill",   "nanosleep", "clock_nanosleep"};

}  // namespace lab09
