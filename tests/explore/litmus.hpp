#pragma once

#include <string>

#include "programs.hpp"

/// The tests that memory models are told apart by, and which of their surprising outcomes the explorer is to show.
namespace litmus {

enum class Weak {
  kForbidden,  ///< by the standard
  kShown,      ///< allowed, and the explorer shows it
  kHidden,     ///< allowed, but beyond what the explorer's model can show
};

/// A program, the outcome that surprises, and what is to become of it with relaxed accesses, with acquire and release,
/// sequentially consistent, and relaxed with a sequentially consistent fence between any two.
struct Litmus {
  const char* name;
  const char* text;
  const char* outcome;
  Weak relaxed;
  Weak acquire_release;
  Weak sequential;
  Weak fences;
};

constexpr auto kForbidden = Weak::kForbidden;
constexpr auto kShown = Weak::kShown;
constexpr auto kHidden = Weak::kHidden;

constexpr Litmus kLitmus[] = {
    {"StoreBuffering", "Wx1 Ry | Wy1 Rx", "0 | 0; x=1 y=1 z=0", kShown, kShown, kForbidden, kForbidden},
    {"MessagePassing", "Wx1 Wy1 | Ry Rx", "- | 1 0; x=1 y=1 z=0", kShown, kForbidden, kForbidden, kForbidden},
    {"LoadBuffering", "Rx Wy1 | Ry Wx1", "1 | 1; x=1 y=1 z=0", kHidden, kForbidden, kForbidden, kForbidden},
    {"CoRR", "Wx1 | Rx Rx", "- | 1 0; x=1 y=0 z=0", kForbidden, kForbidden, kForbidden, kForbidden},
    {"CoWR", "Wx1 Rx | Wx2", "2 | -; x=1 y=0 z=0", kForbidden, kForbidden, kForbidden, kForbidden},
    {"CoRW", "Rx Wx1 | Wx2", "2 | -; x=2 y=0 z=0", kForbidden, kForbidden, kForbidden, kForbidden},
    {"CoWW", "Wx1 Wx2 | Rx", "- | 0; x=1 y=0 z=0", kForbidden, kForbidden, kForbidden, kForbidden},
    {"Iriw", "Wx1 | Wy1 | Rx Ry | Ry Rx", "- | - | 1 0 | 1 0; x=1 y=1 z=0", kShown, kShown, kForbidden, kForbidden},
    {"TwoPlusTwoW", "Wx1 Wy2 | Wy1 Wx2", "- | -; x=1 y=1 z=0", kHidden, kHidden, kForbidden, kForbidden},
    {"R", "Wx1 Wy1 | Wy2 Rx", "- | 0; x=1 y=2 z=0", kShown, kShown, kForbidden, kForbidden},
    {"S", "Wx2 Wy1 | Ry Wx1", "- | 1; x=2 y=1 z=0", kHidden, kForbidden, kForbidden, kForbidden},
    {"WriteToReadCausality", "Wx1 | Rx Wy1 | Ry Rx", "- | 1 | 1 0; x=1 y=1 z=0", kShown, kForbidden, kForbidden,
     kForbidden},
};

enum class Orders { kRelaxed, kAcquireRelease, kSequential, kFences };

/// Its program with these orders; for kFences, relaxed accesses and a sequentially consistent fence between any two.
[[nodiscard]] inline programs::Program program_of(const Litmus& litmus, Orders orders) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  constexpr auto kSequential = std::memory_order_seq_cst;
  const std::string text = litmus.text;
  switch (orders) {
    case Orders::kRelaxed:
      return programs::parse(text, kRelaxed, kRelaxed, kRelaxed);
    case Orders::kAcquireRelease:
      return programs::parse(text, std::memory_order_acquire, std::memory_order_release, std::memory_order_acq_rel);
    case Orders::kSequential:
      return programs::parse(text, kSequential, kSequential, kSequential);
    case Orders::kFences:
      break;
  }
  std::string fenced;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool between = text[i] == ' ' && i + 1 < text.size() && text[i + 1] != '|' && text[i - 1] != '|';
    fenced += between ? " F " : std::string{text[i]};
  }
  return programs::parse(fenced, kRelaxed, kRelaxed, kSequential);
}

}  // namespace litmus
