#pragma once

#include <gmock/gmock.h>

#include <string>

/// The exception that left the subject names this: a call, a value.
MATCHER_P(Says, text, "says \"" + std::string{text} + "\"") { return arg.what.find(text) != std::string::npos; }
