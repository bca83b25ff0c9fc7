#pragma once

#include <unistd.h>

#include <cstddef>
#include <string>

namespace judge::detail {

/// The first `limit` bytes of an open file, wherever its offset stands.
[[nodiscard]] inline std::string text_of(int fd, std::size_t limit) {
  std::string text;
  char buffer[4096];
  while (text.size() < limit) {
    const auto got = ::pread(fd, buffer, sizeof buffer, static_cast<off_t>(text.size()));
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  if (text.size() > limit) text.resize(limit);
  return text;
}

}  // namespace judge::detail
