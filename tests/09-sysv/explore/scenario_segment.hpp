#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "explore/scenario.hpp"
#include "segment.hpp"
#include "segments.hpp"

namespace lab09 {

/// A segment in the memory of a scenario: none of the system's, for what needs no calls of it.
class ScenarioSegment {
 public:
  explicit ScenarioSegment(std::size_t payload_size) {
    const std::size_t size = sizeof(lab::Header) + payload_size;
    segment_.memory = lab::Attachment{explore::Scenario::allocate(size, alignof(lab::Header)), size};
  }
  ScenarioSegment(const ScenarioSegment&) = delete;
  ScenarioSegment& operator=(const ScenarioSegment&) = delete;
  ~ScenarioSegment() { static_cast<void>(segment_.memory.release()); }

  lab::Segment& operator*() { return segment_; }

 private:
  lab::Segment segment_;
};

/// The key is free at the start of each execution, whatever the one before has left.
class FreeKey {
 public:
  explicit FreeKey(const FreshPlace& fresh) : fresh_{fresh} { fresh_.clear(); }
  FreeKey(const FreeKey&) = delete;
  FreeKey& operator=(const FreeKey&) = delete;
  ~FreeKey() { fresh_.clear(); }

 private:
  const FreshPlace& fresh_;
};

/// Each execution makes its calls of the system for real. More executions than these would only repeat loops that wait.
inline const explore::Effort kEnough{.executions = 20'000};

/// The payload of all segments here: one word, which is 7 when it has been filled.
inline constexpr lab::Contents kWord{.type = 1, .bytes = sizeof(std::uint64_t)};
inline constexpr std::uint64_t kFilled = 7;

inline std::uint64_t word_in(const lab::Segment& segment) {
  std::uint64_t word = 0;
  std::memcpy(&word, segment.payload().data(), sizeof word);
  return word;
}
inline void fill_word(lab::Segment& segment) { std::memcpy(segment.payload().data(), &kFilled, sizeof kFilled); }

}  // namespace lab09
