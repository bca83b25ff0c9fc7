#include "segments.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "shm/error.hpp"
#include "testing/seed.hpp"

namespace lab09 {

FreshPlace::FreshPlace() {
  const shm::UniqueFd made{::shm_open(file_.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600)};
  struct stat file {};
  if (!made || ::fstat(made.get(), &file) != 0) shm::throw_error(errno, "shm_open", file_.str());
  do {
    const auto project = judge::random_between(1, 255);
    place_ = {.key = ::ftok(path().c_str(), static_cast<int>(project)),
              .project = static_cast<std::uint32_t>(project),
              .device = file.st_dev,
              .inode = file.st_ino};
  } while (place_.key == -1 || is_taken());
}

void FreshPlace::clear() const {
  if (const int there = id(); there != -1) ::shmctl(there, IPC_RMID, nullptr);
}

struct shmid_ds facts_of(int id) {
  struct shmid_ds facts {};
  if (::shmctl(id, IPC_STAT, &facts) != 0) facts = {};
  return facts;
}

int make_raw(const lab::Place& place, std::size_t size, mode_t mode) {
  const int id = ::shmget(place.key, size, IPC_CREAT | IPC_EXCL | static_cast<int>(mode));
  if (id == -1) shm::throw_error(errno, "shmget", std::to_string(place.key));
  return id;
}

lab::Segment attach_raw(int id, lab::Access access) {
  void* const address = ::shmat(id, nullptr, access == lab::Access::kReadOnly ? SHM_RDONLY : 0);
  if (address == reinterpret_cast<void*>(-1)) shm::throw_error(errno, "shmat", std::to_string(id));
  return {.id = id, .access = access, .memory = lab::Attachment{address, facts_of(id).shm_segsz}};
}

int make_segment(const lab::Place& place, const Proper& what) {
  const int id = make_raw(place, sizeof(lab::Header) + std::max<std::size_t>(what.text.size(), 1), 0600);
  {
    const lab::Segment segment = attach_raw(id);
    lab::Header& header = segment.header();
    header.version = what.version;
    header.type = what.type;
    header.place = place;
    write_text(segment, what.text);
    if (what.is_ready) header.magic.store(what.magic);
  }
  if (what.mode != 0600) {  // not before it is filled: who may only read it may not do that
    struct shmid_ds facts = facts_of(id);
    facts.shm_perm.mode = static_cast<unsigned short>(what.mode);
    if (::shmctl(id, IPC_SET, &facts) != 0) shm::throw_error(errno, "shmctl(IPC_SET)", std::to_string(id));
  }
  return id;
}

std::string random_text(std::size_t size) {
  std::string text(size, '\0');
  for (char& byte : text) byte = static_cast<char>(judge::random_between('!', '~'));
  return text;
}

void write_text(const lab::Segment& segment, std::string_view text) {
  std::memcpy(segment.payload().data(), text.data(), text.size());
}

std::string read_text(const lab::Segment& segment, std::size_t size) {
  const auto payload = segment.payload();
  return {reinterpret_cast<const char*>(payload.data()), std::min(size, payload.size())};
}

}  // namespace lab09
