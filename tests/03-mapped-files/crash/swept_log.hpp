#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

#include "explore/scenario.hpp"
#include "log_file.hpp"
#include "testing/crash.hpp"
#include "testing/fresh_name.hpp"
#include "testing/shared.hpp"

using Records = std::vector<std::string>;

/// A log for a sweep: what its writer means to do, and a note of what it is sure to have done.
class SweptLog {
 public:
  /// @param batches  the records that the writer commits, in this order
  explicit SweptLog(std::vector<Records> batches) : batches_{std::move(batches)} {}

  [[nodiscard]] std::string path() const { return "/dev/shm" + name_.str(); }
  [[nodiscard]] const std::vector<Records>& batches() const { return batches_; }

  /// As it was before anybody came.
  void take_away() {
    ::unlink(path().c_str());
    *done_ = 0;
    *made_ = 0;
  }
  /// The log is made and holds these many of the batches, all durable.
  void make_with(std::size_t count, std::size_t capacity) {
    take_away();
    lab::Log log = lab::create(path(), capacity);
    for (std::size_t i = 0; i < count; ++i) write(log, i);
  }

  /// Writes and commits one of the batches, and notes it when the call has returned.
  void write(lab::Log& log, std::size_t number) {
    for (const std::string& record : batches_[number]) lab::append(log, record);
    lab::commit(log);
    *done_ = number + 1;
  }
  /// create() has returned.
  void note_made() { *made_ = 1; }

  /// What one finds who reads: nothing when there is no log yet, which may only be as long as create() has not
  /// returned.
  [[nodiscard]] Records read() const {
    Records found;
    try {
      const lab::Log log = lab::open_to_read(path());
      lab::Cursor cursor;
      while (auto record = lab::next(log, cursor)) found.push_back(std::move(*record));
    } catch (const std::system_error& error) {
      const int code = error.code().value();
      explore::require(code == ENOENT || code == EILSEQ, "a log is whole, or there is none yet");
      explore::require(*made_ == 0 && *done_ == 0, "a log that was made is there");
    }
    return found;
  }

  /// Says how many of the batches these records are.
  [[nodiscard]] std::size_t require_whole_batches(const Records& found) const {
    std::size_t count = 0;
    Records whole;
    while (count < batches_.size() && whole.size() < found.size()) {
      whole.insert(whole.end(), batches_[count].begin(), batches_[count].end());
      ++count;
    }
    explore::require(whole == found, "what is found are whole batches, as they were written");
    explore::require(count >= *done_, "what was committed is there");
    return count;
  }

 private:
  judge::FreshName name_;
  std::vector<Records> batches_;
  judge::Shared<std::uint64_t> done_;
  judge::Shared<std::uint64_t> made_;
};
