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

using judge::gate::Calls;

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

/// For what must not wait, or only as long as it is told to.
inline const judge::Terms kBrief{.deadline = std::chrono::seconds{4}};

/// A name in the middle of a longer text, as a string_view may be: who takes it for a C string, reads on.
class LongerText {
 public:
  explicit LongerText(const judge::FreshName& name) : size_{name.str().size()}, text_{name.str() + "-and-more"} {}
  [[nodiscard]] std::string_view name() const { return std::string_view{text_}.substr(0, size_); }

 private:
  std::size_t size_;
  std::string text_;
};

/// Makes an object by plain system calls, as some other program might; its bytes are zero.
[[nodiscard]] shm::UniqueFd make_raw(const judge::FreshName& name, std::size_t object_size);

/// Makes a proper object of the lab's, with memory for its payload, and maps it.
[[nodiscard]] lab::Region make_region(const judge::FreshName& name, std::size_t payload_size, bool ready);
/// Maps an object that exists, as large as it is.
[[nodiscard]] lab::Region open_region(const judge::FreshName& name);

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
