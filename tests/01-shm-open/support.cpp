#include "support.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>

#include "shm/error.hpp"

namespace lab01 {

shm::UniqueFd make_raw(const judge::FreshName& name, std::size_t object_size) {
  shm::UniqueFd fd{::shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600)};
  if (!fd) shm::throw_error(errno, "shm_open", name.str());
  if (object_size > 0) {
    const int error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(object_size));
    if (error != 0) shm::throw_error(error, "posix_fallocate", name.str());
  }
  return fd;
}

lab::Region make_region(const judge::FreshName& name, std::size_t payload_size, bool ready) {
  lab::Region region;
  const std::size_t object_size = sizeof(lab::Header) + payload_size;
  region.fd = make_raw(name, object_size);
  region.mapping = shm::Mapping::shared(region.fd.get(), object_size);
  region.header().size.store(payload_size);
  region.header().ready.store(ready ? 1 : 0);
  return region;
}

lab::Region open_region(const judge::FreshName& name) {
  lab::Region region;
  region.fd.reset(::shm_open(name.c_str(), O_RDWR, 0));
  if (!region.fd) shm::throw_error(errno, "shm_open", name.str());
  struct stat facts {};
  if (::fstat(region.fd.get(), &facts) != 0) shm::throw_error(errno, "fstat", name.str());
  region.mapping = shm::Mapping::shared(region.fd.get(), static_cast<std::size_t>(facts.st_size));
  return region;
}

void write_text(const lab::Region& region, std::string_view text) {
  const std::span<std::byte> payload = region.payload();
  for (std::size_t i = 0; i < text.size(); ++i) payload[i] = static_cast<std::byte>(text[i]);
}

std::string read_text(const lab::Region& region, std::size_t size) {
  const std::span<std::byte> payload = region.payload();
  std::string text(std::min(size, payload.size()), '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(payload[i]);
  return text;
}

struct stat facts_of(const judge::FreshName& name) {
  struct stat facts {};
  if (::stat(("/dev/shm" + name.str()).c_str(), &facts) != 0) facts = {};
  return facts;
}

std::size_t reserved_bytes(const judge::FreshName& name) {
  return static_cast<std::size_t>(facts_of(name).st_blocks) * 512;  // stat(2): in units of 512 bytes
}

std::size_t announced_size(const judge::FreshName& name) {
  const shm::UniqueFd fd{::shm_open(name.c_str(), O_RDONLY, 0)};
  std::uint64_t size = 0;
  const auto got = ::pread(fd.get(), &size, sizeof size, offsetof(lab::Header, size));
  return got == sizeof size ? size : 0;
}

std::size_t more_than_there_is() {
  struct statvfs room {};
  if (::statvfs("/dev/shm", &room) != 0) shm::throw_error(errno, "statvfs", "/dev/shm");
  return room.f_blocks * room.f_frsize + room.f_frsize;
}

}  // namespace lab01
