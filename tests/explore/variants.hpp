#pragma once

#include <functional>

#include "explored.hpp"

/// Explores an algorithm as it should be, or a broken variant of it, and keeps what came of it for the table that is
/// printed when the suite ends, if TABLE=1 is set. @param algorithm  with its size; both are string literals
explore::Result variant(const char* algorithm, const char* what_is_wrong,
                        const std::function<void(explore::Scenario&)>& scenario);

/// For `what_is_wrong`.
inline constexpr const char* kRight = "-";
