#include "stage.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "text.hpp"

namespace grading {
namespace {

constexpr std::size_t kKeptPlaces = 12;
const std::string kSubmission = "s-";  // what the keys of submissions start with

void remove_place(const Course& course, const std::string& key) {
  std::error_code error;
  fs::remove_all(course.stage(key), error);
  for (fs::directory_iterator flavour{course.build(), error}, end; !error && flavour != end; flavour.increment(error)) {
    const fs::path objects = flavour->path() / key;
    std::error_code ignored;
    if (flavour->path() != course.build() / "stage" && fs::is_directory(objects, ignored))
      fs::remove_all(objects, ignored);
  }
}

// Objects of submissions that nobody graded lately: a course has hundreds of students, build/ must not grow with them.
void prune(const Course& course) {
  std::vector<std::pair<fs::file_time_type, std::string>> places;
  std::error_code error;
  for (fs::directory_iterator entry{course.build() / "stage", error}, end; !error && entry != end;
       entry.increment(error)) {
    const fs::path& lock = entry->path();
    std::error_code gone;
    const auto used = fs::last_write_time(lock, gone);
    const bool submission = lock.extension() == ".lock" && lock.filename().string().starts_with(kSubmission);
    if (submission && !gone) places.emplace_back(used, lock.stem().string());
  }
  std::ranges::sort(places, std::ranges::greater{});
  for (std::size_t i = kKeptPlaces; i < places.size(); ++i) {
    const fs::path lock = course.stage(places[i].second + ".lock");
    if (const auto mine = FileLock::attempt(lock)) {
      remove_place(course, places[i].second);
      fs::remove(lock, error);
    }
  }
}

}  // namespace

Stage Stage::of_submission(const Course& course, const std::string& path) {
  return Stage{course, kSubmission + fingerprint(path)};
}

Stage::Stage(const Course& course, std::string key) : course_{&course}, key_{std::move(key)} {
  lock_ = FileLock::attempt(course.stage(key_ + ".lock"));
  if (!lock_) {
    key_ += fmt::format("-{}", ::getpid());
    lock_ = FileLock::attempt(course.stage(key_ + ".lock"));
    passing_ = true;
  }
  ::utimensat(AT_FDCWD, course.stage(key_ + ".lock").c_str(), nullptr, 0);
  fs::create_directories(course.stage(key_));
  prune(course);
}

Stage::~Stage() {
  if (!lock_ || !passing_) return;
  remove_place(*course_, key_);
  std::error_code error;
  fs::remove(course_->stage(key_ + ".lock"), error);
}

void Stage::put(const std::string& lab, const std::map<std::string, std::string>& files) const {
  const fs::path folder = course_->stage(key_) / lab;
  fs::create_directories(folder);
  for (const auto& entry : fs::directory_iterator{folder}) {
    if (!files.contains(entry.path().filename().string())) fs::remove_all(entry.path());
  }
  for (const auto& [name, content] : files) write_if_changed(folder / name, content);
}

}  // namespace grading
