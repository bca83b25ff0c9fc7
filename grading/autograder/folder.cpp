#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <system_error>

#include "bundle.hpp"
#include "errors.hpp"
#include "text.hpp"

namespace grading {
namespace {

bool worth_a_look(const std::string& name) { return !name.starts_with('.') && name != "build" && name != "__MACOSX"; }

class Walk {
 public:
  Walk(fs::path root, const std::set<std::string>& wanted) : root_{std::move(root)}, wanted_{wanted} {}

  // Breadth first: what matters lies near the top, also in a folder that holds half a home directory.
  Bundle all() {
    open_.push_back({"", 0});
    while (!open_.empty() && bundle_.items.size() < kEntryLimit) {
      const Place place = open_.front();
      open_.pop_front();
      look_into(place);
    }
    if (!open_.empty() && bundle_.items.size() >= kEntryLimit) {
      bundle_.notes.push_back(fmt::format("only its first {} files and folders were looked at", kEntryLimit));
    }
    return std::move(bundle_);
  }

 private:
  struct Place {
    std::string path;
    int depth;
  };

  void look_into(const Place& place) {
    std::error_code error;
    std::vector<fs::directory_entry> entries;
    for (fs::directory_iterator entry{root_ / place.path, error}, end; !error && entry != end; entry.increment(error)) {
      entries.push_back(*entry);
      if (entries.size() >= kEntryLimit) break;
    }
    if (error && place.path.empty()) {
      throw CannotGrade{fmt::format("{}: cannot be read: {}", harmless(root_.string()), error.message())};
    }
    if (error) bundle_.items[place.path].problem = "cannot be read: " + error.message();
    std::ranges::sort(entries, {}, [](const auto& entry) { return entry.path().string(); });
    for (const auto& entry : entries) {
      const std::string name = entry.path().filename().string();
      if (worth_a_look(name)) add(entry, place.path.empty() ? name : place.path + "/" + name, place.depth + 1);
    }
  }

  void add(const fs::directory_entry& entry, const std::string& path, int depth) {
    std::error_code error;
    const fs::file_status status = entry.symlink_status(error);
    Item& item = bundle_.items[path];
    const bool wanted = wanted_.contains(entry.path().filename().string());
    if (fs::is_directory(status)) {
      item.kind = Item::Kind::kFolder;
      if (wanted) item.problem = "is a folder, not a file";
      if (depth < kDepthLimit) open_.push_back({path, depth});
    } else if (fs::is_symlink(status)) {
      item.kind = Item::Kind::kOther;
      item.problem = "is a symbolic link; hand in the file itself";
    } else if (wanted) {
      FileContent file = read_untrusted(entry.path(), kFileLimit);
      total_ += file.content.size();
      if (total_ > kTotalLimit) file = {{}, "is too much: all files together are larger than 16 MiB"};
      item.content = std::move(file.content);
      item.problem = std::move(file.problem);
    }
  }

  fs::path root_;
  const std::set<std::string>& wanted_;
  std::deque<Place> open_;
  Bundle bundle_;
  std::size_t total_ = 0;
};

}  // namespace

Bundle read_submission(const fs::path& path, const std::set<std::string>& wanted) {
  struct stat status {};
  const std::string name = harmless(path.string());
  if (::stat(path.c_str(), &status) == -1) {
    throw CannotGrade{
        fmt::format("{}: {}; name a folder, a .zip or a .tar.gz", name,
                    errno == ENOENT ? "there is no such file or folder" : std::generic_category().message(errno))};
  }
  if (S_ISDIR(status.st_mode)) return Walk{path, wanted}.all();
  if (S_ISREG(status.st_mode)) return read_archive(path, wanted);
  throw CannotGrade{name + ": is neither a folder nor a regular file; name a folder, a .zip or a .tar.gz"};
}

}  // namespace grading
