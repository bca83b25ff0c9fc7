#include "files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "interrupt.hpp"
#include "shm/error.hpp"

namespace grading {
namespace {

std::string errno_text(int error) { return std::generic_category().message(error); }

std::string kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "is a folder, not a file";
  if (S_ISFIFO(mode)) return "is a FIFO, not a regular file";
  if (S_ISSOCK(mode)) return "is a socket, not a regular file";
  return "is a device, not a regular file";
}

shm::UniqueFd open_lock(const fs::path& path) {
  fs::create_directories(path.parent_path());
  shm::UniqueFd fd{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)};
  if (!fd) shm::throw_error(errno, "open", path.string());
  return fd;
}

}  // namespace

FileContent read_untrusted(const fs::path& path, std::size_t limit) {
  // O_NONBLOCK: opening a FIFO nobody writes to would block for ever.
  const shm::UniqueFd fd{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
  if (!fd && errno == ELOOP) return {{}, "is a symbolic link; hand in the file itself"};
  if (!fd && errno == ENXIO) return {{}, "is a socket, not a regular file"};
  if (!fd) return {{}, "cannot be read: " + errno_text(errno)};
  struct stat status {};
  if (::fstat(fd.get(), &status) == -1) return {{}, "cannot be read: " + errno_text(errno)};
  if (!S_ISREG(status.st_mode)) return {{}, kind_of(status.st_mode)};
  const std::string too_big = "is larger than " + std::to_string(limit / 1024) + " KiB";
  if (static_cast<std::size_t>(status.st_size) > limit) return {{}, too_big};
  FileContent file;
  std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got == -1 && errno == EINTR) continue;
    if (got == -1) return {{}, "cannot be read: " + errno_text(errno)};
    if (got == 0) return file;
    file.content.append(buffer.data(), static_cast<std::size_t>(got));
    if (file.content.size() > limit) return {{}, too_big};
  }
}

std::string read_head(const fs::path& path, std::size_t limit) {
  std::ifstream in{path, std::ios::binary};
  std::string content(limit, '\0');
  in.read(content.data(), static_cast<std::streamsize>(limit));
  content.resize(in ? limit : static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return content;
}

void write_file(const fs::path& path, std::string_view content) {
  if (path.has_parent_path()) fs::create_directories(path.parent_path());
  std::ofstream out{path, std::ios::binary | std::ios::trunc};
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out) shm::throw_error(errno != 0 ? errno : EIO, "write", path.string());
}

bool write_if_changed(const fs::path& path, std::string_view content) {
  const FileContent now = read_untrusted(path, content.size());
  if (now.problem.empty() && now.content == content) return false;
  write_file(path, content);
  return true;
}

FileLock FileLock::wait(const fs::path& path) {
  shm::UniqueFd fd = open_lock(path);
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) == -1) {
    if (errno != EWOULDBLOCK && errno != EINTR) shm::throw_error(errno, "flock", path.string());
    pause_or_cancel(std::chrono::milliseconds{50});
  }
  return FileLock{std::move(fd)};
}

std::optional<FileLock> FileLock::attempt(const fs::path& path) {
  shm::UniqueFd fd = open_lock(path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == -1) return std::nullopt;
  return FileLock{std::move(fd)};
}

}  // namespace grading
