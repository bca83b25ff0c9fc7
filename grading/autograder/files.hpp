#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "shm/unique_fd.hpp"

namespace grading {

namespace fs = std::filesystem;

/// What one look at a file that may be anything gave: its content, or what is wrong with it.
struct FileContent {
  std::string content;
  std::string problem;  ///< empty when the content is there; else e.g. "is a symbolic link"
};

/// Reads a regular file of at most `limit` bytes; never follows a symbolic link, never blocks (a FIFO, a device), never
/// reads more than the limit. Does not throw for what it finds.
[[nodiscard]] FileContent read_untrusted(const fs::path& path, std::size_t limit);

/// The first `limit` bytes of a file of our own; empty when there is none.
[[nodiscard]] std::string read_head(const fs::path& path, std::size_t limit);

/// Writes it, with the folders above it. @throws std::system_error
void write_file(const fs::path& path, std::string_view content);

/// Leaves the file (and its time, by which make judges) alone when it already has this content. Returns whether it
/// wrote.
bool write_if_changed(const fs::path& path, std::string_view content);

/// A lock between processes that the kernel drops with its owner. @see flock(2)
class FileLock {
 public:
  /// Waits for it (interruptibly: see cancellation). @throws std::system_error
  [[nodiscard]] static FileLock wait(const fs::path& path);
  /// Nothing when somebody else has it.
  [[nodiscard]] static std::optional<FileLock> attempt(const fs::path& path);

 private:
  explicit FileLock(shm::UniqueFd fd) : fd_{std::move(fd)} {}
  shm::UniqueFd fd_;
};

}  // namespace grading
