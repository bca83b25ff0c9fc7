#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "segment.hpp"
#include "shm/error.hpp"
#include "shm/unique_fd.hpp"
#include "testing/fresh_name.hpp"
#include "testing/seed.hpp"

/// Places and segments as the judge makes and sees them. None of it calls an editable file.
namespace lab09 {

/// A file of its own and a random project, whose key is nobody's; whatever has the key at the end is removed.
class FreshPlace {
 public:
  FreshPlace();
  FreshPlace(const FreshPlace&) = delete;
  FreshPlace& operator=(const FreshPlace&) = delete;
  ~FreshPlace() { clear(); }

  [[nodiscard]] const lab::Place& place() const { return place_; }
  [[nodiscard]] std::string path() const { return "/dev/shm" + file_.str(); }
  [[nodiscard]] int project() const { return static_cast<int>(place_.project); }
  /// The id of the segment that has the key now; -1: none has.
  [[nodiscard]] int id() const { return ::shmget(place_.key, 0, 0); }
  [[nodiscard]] bool is_taken() const { return id() != -1; }
  /// Removes whatever has the key.
  void clear() const;

 private:
  judge::FreshName file_;
  lab::Place place_{};
};

/// What one knows of a segment that is there; all zero when it is not.
[[nodiscard]] struct shmid_ds facts_of(int id);
[[nodiscard]] inline bool is_there(int id) { return facts_of(id).shm_segsz != 0; }
[[nodiscard]] inline std::size_t users_of(int id) { return facts_of(id).shm_nattch; }
[[nodiscard]] inline bool is_marked(int id) { return (facts_of(id).shm_perm.mode & SHM_DEST) != 0; }

/// Makes a segment of zeroes, as some other program might. @return its id
int make_raw(const lab::Place& place, std::size_t size, mode_t mode = 0600);
/// Attaches it, as large as it is.
[[nodiscard]] lab::Segment attach_raw(int id, lab::Access access = lab::Access::kReadWrite);

/// What a proper segment of the lab's holds; change it to make an improper one.
struct Proper {
  std::uint64_t type = 1;
  std::string text;  ///< the payload
  bool is_ready = true;
  std::uint64_t magic = lab::kMagic;
  std::uint64_t version = lab::kVersion;
  mode_t mode = 0600;
};
/// Makes it. @return its id
int make_segment(const lab::Place& place, const Proper& what);

/// Writes text to the start of a payload.
void write_text(const lab::Segment& segment, std::string_view text);
/// Reads the first `size` bytes of a payload; fewer when it is shorter.
[[nodiscard]] std::string read_text(const lab::Segment& segment, std::size_t size = std::string::npos);

// ---- How -----------------------------------------------------------------------------------------------------------

inline FreshPlace::FreshPlace() {
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

inline void FreshPlace::clear() const {
  if (const int there = id(); there != -1) ::shmctl(there, IPC_RMID, nullptr);
}

inline struct shmid_ds facts_of(int id) {
  struct shmid_ds facts {};
  if (::shmctl(id, IPC_STAT, &facts) != 0) facts = {};
  return facts;
}

inline int make_raw(const lab::Place& place, std::size_t size, mode_t mode) {
  const int id = ::shmget(place.key, size, IPC_CREAT | IPC_EXCL | static_cast<int>(mode));
  if (id == -1) shm::throw_error(errno, "shmget", std::to_string(place.key));
  return id;
}

inline lab::Segment attach_raw(int id, lab::Access access) {
  void* const address = ::shmat(id, nullptr, access == lab::Access::kReadOnly ? SHM_RDONLY : 0);
  if (address == reinterpret_cast<void*>(-1)) shm::throw_error(errno, "shmat", std::to_string(id));
  return {.id = id, .access = access, .memory = lab::Attachment{address, facts_of(id).shm_segsz}};
}

inline int make_segment(const lab::Place& place, const Proper& what) {
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

// Byte by byte: ThreadSanitizer does not see every copy that the compiler makes in one.
inline void write_text(const lab::Segment& segment, std::string_view text) {
  const auto payload = segment.payload();
  for (std::size_t i = 0; i < text.size(); ++i) payload[i] = static_cast<std::byte>(text[i]);
}

inline std::string read_text(const lab::Segment& segment, std::size_t size) {
  const auto payload = segment.payload();
  std::string text(std::min(size, payload.size()), '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(payload[i]);
  return text;
}

}  // namespace lab09
