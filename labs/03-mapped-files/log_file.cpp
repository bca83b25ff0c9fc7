#include "log_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "shm/error.hpp"
#include "shm/not_implemented.hpp"

#pragma GCC diagnostic ignored "-Wunused-parameter"  // a step that is not written yet uses none of its own

namespace lab {
namespace {

// All of this is a proposal: change it, drop it, write something else.

/// What a record begins with in the file; its bytes follow, and zero to seven more, so that the next one is aligned.
struct RecordHead {
  std::uint64_t size;
  std::uint64_t sum;
};

/// What the system knows about a file: its kind, its size.
[[maybe_unused]] struct stat status_of(const shm::UniqueFd& fd) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) shm::throw_error(errno, "fstat");
  return status;
}

/// So many bytes, up to the next page.
[[maybe_unused]] std::size_t in_pages(std::size_t size) {
  if (size > static_cast<std::size_t>(PTRDIFF_MAX) - kPageSize) shm::throw_error(EFBIG, "log");
  return (size + kPageSize - 1) / kPageSize * kPageSize;
}

/// Makes sure that the first `size` bytes of the file have room on the disk; never makes it smaller.
[[maybe_unused]] void reserve(const shm::UniqueFd& fd, std::size_t size) {
  // TODO (step 2): the first `size` bytes of the file have room on the disk, or what posix_fallocate returned was
  // thrown. A signal is no reason to give up. posix_fallocate(3); handout, "Room".
  throw shm::NotImplemented{"step 2: reserve the space"};
}

/// Makes the name of a new file durable, which is kept in its directory.
[[maybe_unused]] void sync_directory_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const shm::UniqueFd fd{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd) shm::throw_error(errno, "open", directory);
  if (::fsync(fd.get()) != 0) shm::throw_error(errno, "fsync", directory);
}

/// Opens what is to be a log, and maps it.
[[maybe_unused]] Log open_file(const std::string& path, int flags, int protection) {
  // TODO (step 3): the file is open and mapped whole, in this way, and it is a log of this version; or the error says
  // what it is instead. open(2), fstat(2), mmap(2); handout, "Whose file is it?".
  throw shm::NotImplemented{"step 3: open and map a log"};
}

/// Maps the file anew if it is larger than what is mapped here; says whether it was.
[[maybe_unused]] bool map_whole(Log& log) {
  // TODO (step 7): all of the file is mapped, maybe elsewhere; true if more than before. When it cannot be, the log is
  // as it was. mremap(2), MREMAP_MAYMOVE; handout, "Growing".
  throw shm::NotImplemented{"step 7: map what was added"};
}

/// Nobody else may write as long as this descriptor is open.
[[maybe_unused]] void become_the_writer(Log& log, const std::string& path) {
  // TODO (step 6): nobody else can have the log open to write as long as this descriptor is open, or EBUSY was thrown.
  // flock(2); handout, "One writer".
  throw shm::NotImplemented{"step 6: lock the log"};
}

/// Reads all that is committed: throws unless it is whole.
[[maybe_unused]] void examine(Log& log, const std::string& path) {
  // TODO (step 6): every committed record has been looked at, or EBADMSG was thrown. Nothing in the header is believed.
  // Handout, "Damage".
  throw shm::NotImplemented{"step 6: examine a log"};
}

/// Throws unless the log may be written to.
[[maybe_unused]] void require_writer(const Log& log, std::string_view call) {
  if (!log.writes) shm::throw_error(EBADF, call);
}

}  // namespace

// ---- Step 1: durable ----------------------------------------------------------------------------------------------

void sync(const Log& log, std::size_t offset, std::size_t size) {
  // TODO (step 1): all pages that hold a byte of the range are on the disk, or an error was thrown. msync(2); handout,
  // "Pages".
  throw shm::NotImplemented{"step 1: make a range durable"};
}

// ---- Step 2: a new log --------------------------------------------------------------------------------------------

Log create(const std::string& path, std::size_t capacity) {
  // TODO (step 2): there is a new log with this much room, durable and locked by us (step 6); or an error was thrown
  // and no file is left. open(2); handout, "Whose file is it?" and "Room".
  throw shm::NotImplemented{"step 2: create a log"};
}

// ---- Step 3: an existing log --------------------------------------------------------------------------------------

Log open_to_read(const std::string& path) {
  // TODO (step 3): an existing log is open and mapped for reading only; or it was refused, and nothing is left open.
  // Step 6 looks at its records, too. Handout, "Whose file is it?".
  throw shm::NotImplemented{"step 3: open a log to read"};
}

// ---- Step 4: a record ---------------------------------------------------------------------------------------------

void append(Log& log, std::string_view record) {
  // TODO (step 4): the record, its length and its checksum lie behind what was appended before, and nobody sees them;
  // or an error was thrown and nothing has changed. Handout, "What counts".
  throw shm::NotImplemented{"step 4: append a record"};
}

// ---- Step 5: committed --------------------------------------------------------------------------------------------

void commit(Log& log) {
  // TODO (step 5): all that was appended belongs to the log, for every process and after every power cut; or it was
  // dropped and an error was thrown. Handout, "The order of a commit".
  throw shm::NotImplemented{"step 5: commit"};
}

std::optional<std::string> next(const Log& log, Cursor& cursor) {
  // TODO (step 5): the next committed record has been copied and found whole, and the cursor is behind it. Nothing
  // outside of the mapping was read. Handout, "What counts".
  throw shm::NotImplemented{"step 5: read a record"};
}

// ---- Step 6: the one writer ---------------------------------------------------------------------------------------

Log open_to_write(const std::string& path) {
  // TODO (step 6): the log is open as by open_to_read(), but to write, by nobody else, and its end is where the last
  // committed record ends. Handout, "One writer".
  throw shm::NotImplemented{"step 6: open a log to write"};
}

// ---- Step 7: growing ----------------------------------------------------------------------------------------------

void grow(Log& log, std::size_t more) {
  // TODO (step 7): the file has this much more room, and it is mapped; or an error was thrown and the log is as it was.
  // Handout, "Growing".
  throw shm::NotImplemented{"step 7: grow a log"};
}

bool refresh(Log& log) {
  // TODO (step 7): what the writer has added is mapped here; true if there was something. Handout, "Growing".
  throw shm::NotImplemented{"step 7: notice that a log grew"};
}

}  // namespace lab
