// The submission, compiled as the benchmark is.
#include "buffers.cpp"  // NOLINT(bugprone-suspicious-include)
