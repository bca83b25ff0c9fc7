#pragma once

#include <chrono>

#include "shm/deadline.hpp"
#include "testing/subject.hpp"

namespace judge {

/// A deadline that nobody lives to see: what waits for it, hangs.
[[nodiscard]] inline shm::Deadline far_away() { return shm::Deadline::after(std::chrono::hours{1}); }
/// A deadline that a right solution never needs.
[[nodiscard]] inline shm::Deadline in_good_time() { return shm::Deadline::after(patience(std::chrono::seconds{4})); }
/// The same in a scenario, where a timed wait may time out whenever somebody waits, and then much time has passed.
[[nodiscard]] inline shm::Deadline beyond_all_waits() { return shm::Deadline::after(std::chrono::hours{10'000}); }
/// In a scenario time stands still while anybody can go on, so nobody waits that long but one who is not woken (or
/// whose time is said to pass).
[[nodiscard]] inline shm::Deadline in_half_an_hour() { return shm::Deadline::after(std::chrono::minutes{30}); }
/// A deadline that is meant to pass.
[[nodiscard]] inline shm::Deadline soon() { return shm::Deadline::after(std::chrono::milliseconds{40}); }
/// A deadline that has passed.
[[nodiscard]] inline shm::Deadline past() { return shm::Deadline::after(std::chrono::seconds{-1}); }

}  // namespace judge
