#pragma once

#include "testing/story.hpp"

namespace judge::detail {

/// Tells once what a thread does again and again with nobody else in between, and how often it did.
void tell_loops_once(Story& story);

}  // namespace judge::detail
