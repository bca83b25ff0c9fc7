#include "testing/rendezvous.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <string>

#include "shm/deadline.hpp"
#include "testing/subject.hpp"

namespace judge {
namespace {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

// std::atomic::wait uses private futexes, which don't reach other processes.
void sleep_while(const std::atomic<std::uint32_t>& word, std::uint32_t value, shm::Deadline deadline) {
  const auto until = deadline.as_timespec();
  ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, value, &until, nullptr, FUTEX_BITSET_MATCH_ANY);
}

}  // namespace

void Rendezvous::arrive() {
  count_->fetch_add(1, std::memory_order_acq_rel);
  ::syscall(SYS_futex, &*count_, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

bool Rendezvous::try_await(std::uint32_t expected) const {
  const auto deadline = shm::Deadline::after(patience(std::chrono::seconds{5}));
  for (;;) {
    const auto now = arrivals();
    if (now >= expected) return true;
    if (deadline.passed()) return false;
    sleep_while(*count_, now, deadline);
  }
}

void Rendezvous::await(std::uint32_t expected) const {
  if (try_await(expected)) return;
  throw NobodyCame{"waited for arrival " + std::to_string(expected) + ", but only " + std::to_string(arrivals()) +
                   " came"};
}

}  // namespace judge
