#pragma once

#include <sys/shm.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "segment.hpp"
#include "shm/deadline.hpp"
#include "shm/unique_fd.hpp"
#include "testing/fresh_name.hpp"

/// Places and segments as the judge makes and sees them. None of it calls an editable file.
namespace lab09 {

/// A deadline that nobody lives to see: what waits for it, hangs.
[[nodiscard]] inline shm::Deadline far_away() { return shm::Deadline::after(std::chrono::hours{10'000}); }
/// A deadline that is worth waiting for.
[[nodiscard]] inline shm::Deadline soon() { return shm::Deadline::after(std::chrono::milliseconds{40}); }
/// One that has passed.
[[nodiscard]] inline shm::Deadline past() { return shm::Deadline::after(std::chrono::seconds{-1}); }

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

/// Random characters that can be printed.
[[nodiscard]] std::string random_text(std::size_t size);
/// Writes text to the start of a payload.
void write_text(const lab::Segment& segment, std::string_view text);
/// Reads the first `size` bytes of a payload; fewer when it is shorter.
[[nodiscard]] std::string read_text(const lab::Segment& segment, std::size_t size = std::string::npos);

}  // namespace lab09
