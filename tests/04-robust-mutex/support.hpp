#pragma once

#include <signal.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <new>
#include <span>
#include <string_view>
#include <vector>

#include "bank.hpp"
#include "clerk.hpp"
#include "testing/gate.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/memory.hpp"
#include "testing/rendezvous.hpp"
#include "testing/seed.hpp"
#include "testing/subject.hpp"

/// Shared by the suites of this lab.
namespace lab04 {

/// One of these locks a mutex, and waits if it must.
inline const std::initializer_list<std::string_view> kLocking = {"pthread_mutex_lock", "pthread_mutex_timedlock",
                                                                 "pthread_mutex_clocklock", "pthread_mutex_trylock"};

/// The process ends here, and nothing of it is destroyed.
[[noreturn]] inline void die() {
  ::raise(SIGKILL);
  std::abort();
}

using Balances = std::vector<lab::Money>;

/// What is in the first `count` accounts.
[[nodiscard]] inline Balances balances(const lab::Guard& guard, std::size_t count = kAccounts) {
  Balances found;
  for (std::size_t i = 0; i < count; ++i) found.push_back(lab::balance(guard, i));
  return found;
}

/// What somebody finds who comes to the bank and locks it.
[[nodiscard]] inline auto balances_found(const judge::SharedMemory& memory) {
  return judge::subject([&memory] {
    const Clerk clerk{memory};
    return balances(lab::lock(clerk.bank));
  });
}

}  // namespace lab04
