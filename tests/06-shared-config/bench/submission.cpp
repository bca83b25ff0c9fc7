// A benchmark is built from its own sources alone: this one brings the submission in.
#include "config.cpp"  // NOLINT(bugprone-suspicious-include)
