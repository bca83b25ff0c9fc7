#pragma once

#include <optional>
#include <string>
#include <vector>

#include "course.hpp"
#include "submission.hpp"

namespace grading {

/// A place under build/stage that belongs to one run: the editable files of one submission and nothing else. The same
/// submission gets the same place again, with the times of unchanged files, so that make rebuilds only what changed;
/// two runs at once get different ones, the second of which is removed at its end. Old places and their objects are
/// pruned.
class Stage {
 public:
  /// @param key  what the place is to be called
  Stage(const Course& course, std::string key);
  /// The place of the submission at this absolute path.
  [[nodiscard]] static Stage of_submission(const Course& course, const std::string& path);
  Stage(Stage&&) = default;
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  Stage& operator=(Stage&&) = delete;
  ~Stage();

  /// Make's KEY.
  [[nodiscard]] const std::string& key() const { return key_; }
  /// Make's IMPL, from the course's folder.
  [[nodiscard]] std::string folder() const { return "build/stage/" + key_; }

  /// Leaves it in place also if it is a second one, for a reader that comes after us; it is pruned in time.
  void keep() { passing_ = false; }

  /// Puts the lab's files there. @throws std::system_error
  void put(const std::string& lab, const std::map<std::string, std::string>& files) const;

 private:
  const Course* course_;
  std::string key_;
  std::optional<FileLock> lock_;
  bool passing_ = false;
};

}  // namespace grading
