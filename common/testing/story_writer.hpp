#pragma once

#include <string>

#include "testing/story.hpp"

namespace judge::detail {

/// Collects the stories of a suite in one HTML page, on the descriptor named by STORY_FD; without it, does nothing.
class StoryWriter {
 public:
  StoryWriter();
  StoryWriter(const StoryWriter&) = delete;
  StoryWriter& operator=(const StoryWriter&) = delete;
  ~StoryWriter();

  void add(const Story& story, const std::string& test);

 private:
  void write(const std::string& text) const;

  int fd_ = -1;
  bool has_begun_ = false;
};

}  // namespace judge::detail
