#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "shm/deadline.hpp"
#include "shm/unique_fd.hpp"
#include "shm_object.hpp"
#include "testing/fresh_name.hpp"
#include "testing/gate.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/rendezvous.hpp"
#include "testing/seed.hpp"
#include "testing/subject.hpp"

/// Shared by the suites of this lab. None of it calls an editable file, so the judge may use all of it.
namespace lab01 {

using Calls = std::initializer_list<std::string_view>;

/// One of these opens an object, whichever way a solution is written.
inline const Calls kOpening = {"shm_open", "open"};
/// One of these reserves memory.
inline const Calls kReserving = {"posix_fallocate", "fallocate"};
/// One of these makes an object larger.
inline const Calls kSizing = {"posix_fallocate", "fallocate", "ftruncate"};
/// One of these maps an object, or maps it again.
inline const Calls kMapping = {"mmap", "mremap"};
/// This takes a name away.
inline const Calls kUnlinking = {"shm_unlink"};

/// From now on all of `calls` fail with `error`, in this process.
void fail_all(Calls calls, int error);
/// Only the next of each.
void fail_once(Calls calls, int error);

/// A deadline that nobody lives to see: what waits for it, hangs.
[[nodiscard]] inline shm::Deadline far_away() { return shm::Deadline::after(std::chrono::hours{1}); }
/// A deadline that is worth waiting for.
[[nodiscard]] inline shm::Deadline soon() { return shm::Deadline::after(std::chrono::milliseconds{40}); }

/// A name in the middle of a longer text, as a string_view may be: who takes it for a C string, reads on.
class LongerText {
 public:
  explicit LongerText(const judge::FreshName& name) : size_{name.str().size()}, text_{name.str() + "-and-more"} {}
  [[nodiscard]] std::string_view name() const { return std::string_view{text_}.substr(0, size_); }

 private:
  std::size_t size_;
  std::string text_;
};

/// Arrives when it goes out of scope, however that comes: nobody waits for a process that has ended.
class ArrivesAtTheEnd {
 public:
  explicit ArrivesAtTheEnd(judge::Rendezvous& rendezvous) : rendezvous_{rendezvous} {}
  ArrivesAtTheEnd(const ArrivesAtTheEnd&) = delete;
  ArrivesAtTheEnd& operator=(const ArrivesAtTheEnd&) = delete;
  ~ArrivesAtTheEnd() { rendezvous_.arrive(); }

 private:
  judge::Rendezvous& rendezvous_;
};

/// Makes an object by plain system calls, as some other program might; its bytes are zero.
[[nodiscard]] shm::UniqueFd make_raw(const judge::FreshName& name, std::size_t object_size);

/// Makes a proper object of the lab's, with memory for its payload, and maps it.
[[nodiscard]] lab::Region make_region(const judge::FreshName& name, std::size_t payload_size, bool ready);
/// Maps an object that exists, as large as it is.
[[nodiscard]] lab::Region open_region(const judge::FreshName& name);

/// Random characters that can be printed.
[[nodiscard]] std::string random_text(std::size_t size);
/// Writes text to the start of a payload, byte by byte.
void write_text(const lab::Region& region, std::string_view text);
/// Reads the first `size` bytes of a payload; fewer when it is shorter.
[[nodiscard]] std::string read_text(const lab::Region& region, std::size_t size = std::string::npos);

/// What the file system says about the object: st_size, st_mode, st_blocks, ...; all zero when there is none.
[[nodiscard]] struct stat facts_of(const judge::FreshName& name);
/// Bytes of memory that the object has.
[[nodiscard]] std::size_t reserved_bytes(const judge::FreshName& name);
/// header().size, read from outside.
[[nodiscard]] std::size_t announced_size(const judge::FreshName& name);
/// More bytes than /dev/shm may ever hold.
[[nodiscard]] std::size_t more_than_there_is();

}  // namespace lab01
