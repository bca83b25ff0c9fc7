#pragma once

#include <sys/types.h>

#include <cstddef>

/// The power-cut model: what of a mapped file has certainly reached the disk.
///
/// This header is read by instrumented code and by the plain runtime, so it holds no inline function; see observer.hpp.
namespace explore {

/// A file as it would be found if the power failed before anything else is written back. It lies in memory that the
/// process that works on the file shares with who cuts the power.
struct DurableImage {
  static constexpr std::size_t kMostBytes = std::size_t{1} << 20;

  ino_t inode;  ///< whose it is: of the file at the path, or of one that may come there
  std::size_t size;
  bool too_large;  ///< the file was: it is not followed any more
  unsigned char bytes[kMostBytes];
};

/// From now on, msync, fsync and fdatasync of this file are followed in the calling process. What it holds now counts
/// as durable. When there is none, nothing is durable until one is synced that is made at this path, or comes there
/// by a link or a rename; its name counts as durable from the start. @throws std::system_error when it can't be read
void watch_durability(const char* path, DurableImage& image);

namespace detail {

/// After msync with MS_SYNC.
void now_durable(const void* address, std::size_t size);
/// After fsync or fdatasync.
void file_now_durable(int fd);

}  // namespace detail
}  // namespace explore
