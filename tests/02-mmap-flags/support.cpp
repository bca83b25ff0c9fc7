#include "support.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "shm/error.hpp"

namespace lab02 {
namespace {

struct stat facts_of(int fd) {
  struct stat facts {};
  if (::fstat(fd, &facts) != 0) shm::throw_error(errno, "fstat");
  return facts;
}

}  // namespace

std::string text_of(std::span<const std::byte> bytes) {
  std::string text(bytes.size(), '\0');
  std::transform(bytes.begin(), bytes.end(), text.begin(), [](std::byte byte) { return static_cast<char>(byte); });
  return text;
}

void put(std::span<std::byte> bytes, std::string_view text) {
  std::transform(text.begin(), text.end(), bytes.begin(), [](char byte) { return static_cast<std::byte>(byte); });
}

File::File(std::size_t size) : fd_{::shm_open(name_.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600)} {
  if (!fd_) shm::throw_error(errno, "shm_open", name_.str());
  text_ = judge::random_text(size);
  write(0, text_);
}

std::string File::contents() const {
  std::string text(size(), '\0');
  const ssize_t got = ::pread(fd(), text.data(), text.size(), 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

std::size_t File::size() const { return static_cast<std::size_t>(facts_of(fd()).st_size); }

std::size_t File::reserved() const {
  return static_cast<std::size_t>(facts_of(fd()).st_blocks) * 512;  // stat(2): in units of 512 bytes
}

shm::UniqueFd File::open(int flags) const {
  shm::UniqueFd fd{::shm_open(name_.c_str(), flags, 0)};
  if (!fd) shm::throw_error(errno, "shm_open", name_.str());
  return fd;
}

void File::write(std::size_t offset, std::string_view text) const {
  if (::pwrite(fd(), text.data(), text.size(), static_cast<off_t>(offset)) != static_cast<ssize_t>(text.size())) {
    shm::throw_error(errno, "pwrite", name_.str());
  }
}

void File::cut(std::size_t size) const {
  if (::ftruncate(fd(), static_cast<off_t>(size)) != 0) shm::throw_error(errno, "ftruncate", name_.str());
}

shm::Mapping File::map(int flags, int protection) const {
  void* address = ::mmap(nullptr, size(), protection, flags, fd(), 0);
  if (address == MAP_FAILED) shm::throw_error(errno, "mmap", name_.str());
  return {address, size()};
}

shm::Mapping private_memory(std::string_view text) {
  void* address = ::mmap(nullptr, text.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) shm::throw_error(errno, "mmap");
  shm::Mapping mapping{address, text.size()};
  put(mapping.bytes(), text);
  return mapping;
}

std::size_t more_than_there_is() {
  struct statvfs room {};
  if (::statvfs("/dev/shm", &room) != 0) shm::throw_error(errno, "statvfs", "/dev/shm");
  return room.f_blocks * room.f_frsize + room.f_frsize;
}

}  // namespace lab02
