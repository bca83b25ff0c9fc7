#pragma once

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>

#include "support.hpp"
#include "testing/shared.hpp"

/// Deaths of clerks in the plain build, where no crash sweep looks at single writes.
namespace lab04 {

inline constexpr std::size_t kPage = 4096;

namespace detail {
inline shm::Mapping* watched = nullptr;  // of this process

// The kernel tells of a dead owner by writing to the mutex: that must be possible again.
inline void die_of_a_write(int /*signal*/) {
  ::mprotect(watched->data(), watched->size(), PROT_READ | PROT_WRITE);
  ::kill(::getpid(), SIGKILL);
}
}  // namespace detail

/// From here on this process dies, as by SIGKILL, before its first write to that page of the mapping.
inline void die_at_page(shm::Mapping& mapping, std::size_t page) {
  detail::watched = &mapping;
  struct sigaction action {};
  action.sa_handler = detail::die_of_a_write;
  ::sigaction(SIGSEGV, &action, nullptr);
  if (::mprotect(mapping.data() + page * kPage, kPage, PROT_READ) == -1) shm::throw_error(errno, "mprotect");
}

/// A clerk that locks, moves `amount` from account 0 to account 1, and dies before it unlocks.
[[nodiscard]] inline auto clerk_that_dies(const judge::SharedMemory& memory, lab::Money amount) {
  return judge::start(
      [&memory, amount] {
        const Clerk clerk{memory};
        auto guard = lab::lock(clerk.bank);
        static_cast<void>(lab::transfer(guard, 0, 1, amount));
        die();
      },
      {.name = "the clerk that dies"});
}

}  // namespace lab04
