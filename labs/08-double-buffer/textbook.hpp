#pragma once

#include <array>
#include <cstdint>

#include "buffers.hpp"

namespace lab {

/// The double buffer as books have it, of values of two words, cut into the steps between which another process may
/// run. "The writer fills the inactive slot and flips the index; so the reader, who reads the active one, always finds
/// it consistent."
///
/// The writer's steps, over and over, for the values 1, 2, 3, ... (both words of value n are n):
///   1. first word of the inactive slot   2. second word   3. flip: the slot becomes the active one
/// The reader's steps, over and over:
///   1. look which slot is active   2. first word of it   3. second word: now it has read a value
///
/// At the start slot 0 is active, and its words are 0.
class Textbook {
 public:
  struct Value {
    std::uint64_t first;
    std::uint64_t second;
  };

  /// One step. @returns whether the reader has read a value by it: last_read()
  bool step(Turn turn) { return turn == Turn::kWriter ? write_on() : read_on(); }

  [[nodiscard]] const Value& last_read() const { return read_; }

 private:
  bool write_on() {
    Value& slot = slots_[1 - active_];
    switch (writer_) {
      case 0:
        slot.first = value_;
        break;
      case 1:
        slot.second = value_;
        break;
      default:
        active_ = 1 - active_;
        ++value_;
        break;
    }
    writer_ = (writer_ + 1) % 3;
    return false;
  }

  bool read_on() {
    switch (reader_) {
      case 0:
        seen_ = active_;
        break;
      case 1:
        read_.first = slots_[seen_].first;
        break;
      default:
        read_.second = slots_[seen_].second;
        break;
    }
    reader_ = (reader_ + 1) % 3;
    return reader_ == 0;
  }

  std::array<Value, 2> slots_{};
  std::size_t active_ = 0;
  std::uint64_t value_ = 1;
  int writer_ = 0;
  int reader_ = 0;
  std::size_t seen_ = 0;
  Value read_{};
};

}  // namespace lab
