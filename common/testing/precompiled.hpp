// Not `#pragma once`: this header is compiled by itself.
#ifndef TESTING_PRECOMPILED_HPP
#define TESTING_PRECOMPILED_HPP

// What every test includes, compiled once per checker: GoogleMock alone costs several seconds a file.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "testing/fresh_name.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/rendezvous.hpp"
#include "testing/subject.hpp"

#endif
