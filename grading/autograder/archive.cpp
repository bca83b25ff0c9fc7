#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>

#include "bundle.hpp"
#include "errors.hpp"
#include "interrupt.hpp"
#include "shm/unique_fd.hpp"
#include "text.hpp"

namespace grading {
namespace {

constexpr std::size_t kPassOverLimit = std::size_t{2} << 30;  // what a .tar.gz may make us unpack just to get past it

struct Free {
  void operator()(archive* reader) const { ::archive_read_free(reader); }
};

// The path in one spelling ("./a//b/" is "a/b"), or what is wrong with it.
struct CleanPath {
  std::string path;
  std::string problem;
};

CleanPath clean(std::string_view raw) {
  if (raw.starts_with('/')) return {std::string{raw}, "an absolute path"};
  CleanPath result;
  while (!raw.empty()) {
    const std::size_t end = std::min(raw.find('/'), raw.size());
    const std::string_view part = raw.substr(0, end);
    if (part == "..") result.problem = "a path with '..' in it";
    if (!part.empty() && part != ".") result.path.append(result.path.empty() ? "" : "/").append(part);
    raw.remove_prefix(std::min(end + 1, raw.size()));
  }
  return result;
}

class Unpacking {
 public:
  Unpacking(const fs::path& path, const std::set<std::string>& wanted)
      : name_{harmless(path.string())}, wanted_{wanted}, reader_{::archive_read_new()} {
    fd_.reset(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!fd_) fail("cannot be read: " + std::generic_category().message(errno));
    struct stat status {};
    ::fstat(fd_.get(), &status);
    if (static_cast<std::size_t>(status.st_size) > kArchiveLimit)
      fail("is larger than 16 MiB; hand in the labs' files alone");
    ::archive_read_support_filter_gzip(reader_.get());
    ::archive_read_support_format_zip_seekable(reader_.get());
    ::archive_read_support_format_tar(reader_.get());
    if (::archive_read_open_fd(reader_.get(), fd_.get(), 65536) != ARCHIVE_OK) not_an_archive();
  }

  Bundle all() {
    while (const std::optional<std::string> problem = next()) {
      if (!problem->empty()) bundle_.notes.push_back(*problem);
    }
    return std::move(bundle_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw CannotGrade{name_ + ": " + what}; }
  [[noreturn]] void not_an_archive() const {
    const char* why = ::archive_error_string(reader_.get());
    fail(fmt::format("is neither a folder nor a readable .zip or .tar.gz ({})",
                     why == nullptr ? "empty" : harmless(why)));
  }

  // Takes in one entry; a note about it or "", nothing at the end.
  std::optional<std::string> next() {
    archive_entry* entry = nullptr;
    const int result = ::archive_read_next_header(reader_.get(), &entry);
    if (result == ARCHIVE_EOF && entries_ == 0) fail("is an empty archive");
    if (result == ARCHIVE_EOF) return std::nullopt;
    if (result < ARCHIVE_WARN && entries_ == 0) not_an_archive();
    if (result < ARCHIVE_WARN)
      fail("is damaged: " + harmless(::archive_error_string(reader_.get())) + "; pack it again");
    if (++entries_ > kEntryLimit)
      fail(fmt::format("holds more than {} files; hand in the labs' files alone", kEntryLimit));
    const char* raw = ::archive_entry_pathname(entry);
    if (raw == nullptr) return "a file without a readable name was ignored";
    current_ = harmless(raw);
    const CleanPath where = clean(raw);
    if (!where.problem.empty()) {
      unfold(nullptr);
      return fmt::format("{}: ignored: {}", harmless(raw), where.problem);
    }
    if (where.path.empty()) return "";
    return take(entry, where.path);
  }

  std::string take(archive_entry* entry, const std::string& path) {
    const bool wanted = wanted_.contains(fs::path{path}.filename().string());
    add_folders_above(path);
    Item& item = bundle_.items[path];
    item = {};
    const auto type = ::archive_entry_filetype(entry);
    if (type == AE_IFDIR) {
      item.kind = Item::Kind::kFolder;
      if (wanted) item.problem = "is a folder, not a file";
      return "";
    }
    if (type == AE_IFLNK || ::archive_entry_hardlink(entry) != nullptr || type != AE_IFREG) {
      item.kind = Item::Kind::kOther;
      const bool link = type == AE_IFLNK || ::archive_entry_hardlink(entry) != nullptr;
      item.problem = link ? "is a link; hand in the file itself" : "is a special file, not a regular one";
      return fmt::format("{}: ignored: {}", harmless(path), item.problem);
    }
    current_ = harmless(path);
    if (::archive_entry_size(entry) > static_cast<la_int64_t>(kFileLimit)) return pass_over(item, entry);
    unfold(wanted ? &item : nullptr);
    return "";
  }

  // Not unfolded (a .zip need not even be read there); the others still count.
  std::string pass_over(Item& item, archive_entry* entry) {
    item.problem = "is larger than 1024 KiB";
    passed_over_ += static_cast<std::size_t>(::archive_entry_size(entry));
    if (passed_over_ > kPassOverLimit) fail(current_ + " unfolds to more than 2 GiB; hand in the labs' files alone");
    if (::archive_read_data_skip(reader_.get()) == ARCHIVE_FATAL) fail("is damaged; pack it again");
    return fmt::format("{}: ignored: {}", current_, item.problem);
  }

  // An archive need not list the folders that its files lie in.
  void add_folders_above(const std::string& path) {
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      bundle_.items.try_emplace(path.substr(0, slash), Item{Item::Kind::kFolder, {}, {}});
    }
  }

  // Reads the entry's data, keeping at most kFileLimit of it; counts what it unfolds to, wanted or not, holes included.
  void unfold(Item* item) {
    std::size_t size = 0;
    while (true) {
      const void* block = nullptr;
      std::size_t length = 0;
      la_int64_t offset = 0;
      const int result = ::archive_read_data_block(reader_.get(), &block, &length, &offset);
      if (result == ARCHIVE_EOF) return;
      if (result < ARCHIVE_WARN) {
        if (item != nullptr) item->problem = "is damaged in the archive (or encrypted); pack it again";
        if (result == ARCHIVE_FATAL)
          fail("is damaged: " + harmless(::archive_error_string(reader_.get())) + "; pack it again");
        return;
      }
      const std::size_t end = static_cast<std::size_t>(offset) + length;
      total_ += end - std::min(size, end);
      size = std::max(size, end);
      if (total_ > kTotalLimit)
        fail(fmt::format("unfolds to more than 16 MiB (at {}); hand in the labs' files alone", current_));
      if (item == nullptr || !item->problem.empty()) continue;
      if (size > kFileLimit) {
        *item = {Item::Kind::kFile, {}, "is larger than 1024 KiB"};
        continue;
      }
      item->content.resize(size);
      if (length > 0) std::copy_n(static_cast<const char*>(block), length, item->content.begin() + offset);
    }
  }

  std::string name_;
  const std::set<std::string>& wanted_;
  shm::UniqueFd fd_;
  std::unique_ptr<archive, Free> reader_;
  Bundle bundle_;
  std::size_t entries_ = 0;
  std::size_t total_ = 0;
  std::size_t passed_over_ = 0;
  std::string current_;
};

}  // namespace

Bundle read_archive(const fs::path& path, const std::set<std::string>& wanted) { return Unpacking{path, wanted}.all(); }

}  // namespace grading
