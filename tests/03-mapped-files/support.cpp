#include "support.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

#include "shm/error.hpp"

namespace lab03 {

std::string path_of(const judge::FreshName& name) { return "/dev/shm" + name.str(); }

void put(const judge::FreshName& name, std::string_view bytes) {
  const shm::UniqueFd fd{::open(path_of(name).c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600)};
  if (!fd) shm::throw_error(errno, "open", name.str());
  const auto put = ::pwrite(fd.get(), bytes.data(), bytes.size(), 0);
  if (put != static_cast<ssize_t>(bytes.size())) shm::throw_error(errno, "pwrite", name.str());
}

std::string bytes_of(const judge::FreshName& name) {
  const shm::UniqueFd fd{::open(path_of(name).c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) return {};
  std::string bytes(static_cast<std::size_t>(facts_of(name).st_size), '\0');
  const auto got = ::pread(fd.get(), bytes.data(), bytes.size(), 0);
  bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return bytes;
}

struct stat facts_of(const judge::FreshName& name) {
  struct stat facts {};
  if (::stat(path_of(name).c_str(), &facts) != 0) facts = {};
  return facts;
}

std::size_t reserved_bytes(const judge::FreshName& name) {
  return static_cast<std::size_t>(facts_of(name).st_blocks) * 512;  // stat(2): in units of 512 bytes
}

std::size_t more_than_there_is() {
  struct statvfs room {};
  if (::statvfs("/dev/shm", &room) != 0) shm::throw_error(errno, "statvfs", "/dev/shm");
  return room.f_blocks * room.f_frsize + room.f_frsize;
}

lab::Log map_raw(const judge::FreshName& name) {
  lab::Log log;
  log.fd.reset(::open(path_of(name).c_str(), O_RDWR | O_CLOEXEC));
  if (!log.fd) shm::throw_error(errno, "open", name.str());
  log.mapping = shm::Mapping::shared(log.fd.get(), static_cast<std::size_t>(facts_of(name).st_size));
  return log;
}

Records random_records(std::size_t count, std::size_t most) {
  Records records;
  while (records.size() < count) records.push_back(judge::random_text(judge::random_between(0, most)));
  return records;
}

std::string joined(const Records& records) {
  std::string text;
  for (const std::string& record : records) text += "|" + record;
  return text;
}

void write_batch(lab::Log& log, const Records& records) {
  for (const std::string& record : records) lab::append(log, record);
  lab::commit(log);
}

void make_log(const judge::FreshName& name, std::size_t capacity, const Records& records) {
  lab::Log log = lab::create(path_of(name), capacity);
  write_batch(log, records);
}

std::string rest_of(const lab::Log& log, lab::Cursor& cursor) {
  std::string text;
  while (const auto record = lab::next(log, cursor)) text += "|" + *record;
  return text;
}

std::string contents(const judge::FreshName& name) {
  const lab::Log log = lab::open_to_read(path_of(name));
  lab::Cursor cursor;
  return rest_of(log, cursor);
}

}  // namespace lab03
