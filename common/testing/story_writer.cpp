#include "testing/story_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "testing/child_side.hpp"

namespace judge::detail {

StoryWriter::StoryWriter() {
  const char* given = std::getenv("STORY_FD");
  if (given == nullptr) return;
  fd_ = std::atoi(given);
  ::fcntl(fd_, F_SETFD, FD_CLOEXEC);
  ::unsetenv("STORY_FD");
  keep_from_subjects(fd_);
}

StoryWriter::~StoryWriter() {
  if (has_begun_) write(page_foot());
}

void StoryWriter::add(const Story& story, const std::string& test) {
  if (fd_ < 0) return;
  if (!has_begun_) {
    const char* lab = std::getenv("LAB_NAME");
    write(page_head(lab == nullptr ? "What went wrong" : std::string{lab} + ": what went wrong"));
  }
  has_begun_ = true;
  write(section_of(story, test));
}

// The page is for reading only: what can't be written is left out.
void StoryWriter::write(const std::string& text) const {
  std::size_t done = 0;
  while (done < text.size()) {
    const auto wrote = ::write(fd_, text.data() + done, text.size() - done);
    if (wrote == -1 && errno != EINTR) return;
    if (wrote > 0) done += static_cast<std::size_t>(wrote);
  }
}

}  // namespace judge::detail
