// No length of the whole log: each batch says by itself that it is committed, and ends the log when it is not.
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

/// What each batch begins with. Its records follow, each with its length. There is no length of the whole log: it ends
/// where a batch is not sealed. So the head behind a batch is emptied before the batch is sealed, for what lies there
/// may be left from somebody who died.
struct BatchHead {
  std::atomic<std::uint64_t> seal;  ///< the size of the batch, once it is committed; else 0
  std::atomic<std::uint64_t> sum;   ///< of the size and all bytes of its records
};
constexpr std::size_t kHead = sizeof(BatchHead);

BatchHead& head_at(const Log& log, std::uint64_t at) { return *reinterpret_cast<BatchHead*>(log.mapping.data() + at); }

std::uint64_t sum_of(std::uint64_t size, const std::string& bytes) {
  return checksum(bytes) ^ (size * 0x9e3779b97f4a7c15);
}

/// Where the writer's batch begins that is not sealed yet. It lies in the header only for want of a better place:
/// nobody else looks at it, and who opens the log writes it anew.
std::atomic<std::uint64_t>& open_batch(const Log& log) { return log.header().more[0]; }

/// A copy of mapped bytes.
std::string copy_of(const Log& log, std::uint64_t at, std::size_t size) {
  std::string bytes(size, '\0');
  std::memcpy(bytes.data(), log.mapping.data() + at, size);
  return bytes;
}

/// The size of the sealed batch at `at`, or 0 when there is none, or it is not all mapped here.
std::uint64_t sealed_at(const Log& log, std::uint64_t at) {
  if (at > log.mapping.size() || log.mapping.size() - at < kHead) return 0;
  const std::uint64_t size = head_at(log, at).seal.load(std::memory_order_acquire);
  return size > log.mapping.size() - at - kHead ? 0 : size;
}

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
  int error = 0;
  do {
    error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(size));
  } while (error == EINTR);  // a signal stopped it half-way; what it had reserved was given back
  if (error != 0) shm::throw_error(error, "posix_fallocate");
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
  Log log;
  log.fd.reset(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK));  // a pipe would wait for its other end
  if (!log.fd) shm::throw_error(errno, "open", path);
  const struct stat status = status_of(log.fd);
  if (!S_ISREG(status.st_mode) || status.st_size < static_cast<off_t>(sizeof(Header))) {
    shm::throw_error(EILSEQ, "open", path);
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  void* address = ::mmap(nullptr, size, protection, MAP_SHARED, log.fd.get(), 0);
  if (address == MAP_FAILED) shm::throw_error(errno, "mmap", path);
  log.mapping = shm::Mapping{address, size};
  if (log.header().magic.load(std::memory_order_acquire) != kMagic) shm::throw_error(EILSEQ, "open", path);
  if (log.header().version != kVersion) shm::throw_error(ENOTSUP, "open", path);
  return log;
}

/// Maps the file anew if it is larger than what is mapped here; says whether it was.
[[maybe_unused]] bool map_whole(Log& log) {
  const auto size = static_cast<std::size_t>(status_of(log.fd).st_size);
  if (size <= log.mapping.size()) return false;
  void* moved = ::mremap(log.mapping.data(), log.mapping.size(), size, MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) shm::throw_error(errno, "mremap");  // the old mapping is still there
  static_cast<void>(log.mapping.release());
  log.mapping = shm::Mapping{moved, size};
  return true;
}

/// Nobody else may write as long as this descriptor is open.
[[maybe_unused]] void become_the_writer(Log& log, const std::string& path) {
  // Not by F_SETLK: such a lock is the process's, and goes when the process closes any descriptor of the file.
  if (::flock(log.fd.get(), LOCK_EX | LOCK_NB) != 0) {
    shm::throw_error(errno == EWOULDBLOCK ? EBUSY : errno, "flock", path);
  }
  log.writes = true;
}

/// Reads all that is committed: throws unless it is whole.
[[maybe_unused]] void examine(Log& log, const std::string& path) {
  map_whole(log);  // the writer may have made it larger since we asked for its size
  if (log.mapping.size() < kFirstRecord + kHead) shm::throw_error(EBADMSG, "open", path);
  std::uint64_t at = kFirstRecord;
  while (const std::uint64_t size = sealed_at(log, at)) {
    if (sum_of(size, copy_of(log, at + kHead, size)) != head_at(log, at).sum.load(std::memory_order_relaxed)) {
      shm::throw_error(EBADMSG, "open", path);
    }
    at += kHead + size;
  }
  if (log.writes) {
    open_batch(log).store(at, std::memory_order_relaxed);
    log.end = at + kHead;
  }
}

/// Throws unless the log may be written to.
[[maybe_unused]] void require_writer(const Log& log, std::string_view call) {
  if (!log.writes) shm::throw_error(EBADF, call);
}

}  // namespace

// ---- Step 1: durable ----------------------------------------------------------------------------------------------

void sync(const Log& log, std::size_t offset, std::size_t size) {
  if (offset > log.mapping.size() || size > log.mapping.size() - offset) shm::throw_error(EINVAL, "sync");
  if (size == 0) return;
  const std::size_t into_page = offset % kPageSize;
  if (::msync(log.mapping.data() + offset - into_page, size + into_page, MS_SYNC) != 0) {
    shm::throw_error(errno, "msync");
  }
}

// ---- Step 2: a new log --------------------------------------------------------------------------------------------

Log create(const std::string& path, std::size_t capacity) {
  if (capacity == 0) shm::throw_error(EINVAL, "create", path);
  if (capacity > PTRDIFF_MAX / 4) shm::throw_error(EFBIG, "create", path);
  const std::size_t size = kFirstRecord + in_pages(2 * capacity + 2 * kHead);
  Log log;
  log.fd.reset(::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666));
  if (!log.fd) shm::throw_error(errno, "open", path);
  try {  // from here on the file is ours, so it is ours to take away
    become_the_writer(log, path);
    reserve(log.fd, size);
    log.mapping = shm::Mapping::shared(log.fd.get(), size);
    log.end = kFirstRecord + kHead;
    open_batch(log).store(kFirstRecord, std::memory_order_relaxed);
    log.header().version = kVersion;
    sync(log, 0, sizeof(Header));  // the size, too: a log has room for its first head, or it is none yet
    log.header().magic.store(kMagic, std::memory_order_release);  // last: whoever sees it, sees the rest
    sync(log, 0, sizeof(Header));
    sync_directory_of(path);
  } catch (...) {
    ::unlink(path.c_str());
    throw;
  }
  return log;
}

// ---- Step 3: an existing log --------------------------------------------------------------------------------------

Log open_to_read(const std::string& path) {
  Log log = open_file(path, O_RDONLY, PROT_READ);
  examine(log, path);
  return log;
}

// ---- Step 4: a record ---------------------------------------------------------------------------------------------

void append(Log& log, std::string_view record) {
  require_writer(log, "append");
  const std::size_t room = log.mapping.size() - log.end;  // of it, the next batch's head must have some, too
  const std::size_t needed = sizeof(std::uint64_t) + kHead;
  if (room < needed || record.size() > room - needed) shm::throw_error(ENOSPC, "append");
  const std::size_t padded = (record.size() + 7) / 8 * 8;
  if (padded > room - needed) shm::throw_error(ENOSPC, "append");
  const std::uint64_t size = record.size();
  std::byte* const at = log.mapping.data() + log.end;
  std::memcpy(at, &size, sizeof size);
  std::memcpy(at + sizeof size, record.data(), record.size());
  std::memset(at + sizeof size + record.size(), 0, padded - record.size());
  log.end += sizeof size + padded;
}

// ---- Step 5: committed --------------------------------------------------------------------------------------------

void commit(Log& log) {
  require_writer(log, "commit");
  const std::uint64_t at = open_batch(log).load(std::memory_order_relaxed);
  const std::uint64_t size = log.end - at - kHead;
  if (size == 0) return;
  head_at(log, log.end).seal.store(0, std::memory_order_relaxed);
  head_at(log, at).sum.store(sum_of(size, copy_of(log, at + kHead, size)), std::memory_order_relaxed);
  try {
    sync(log, at, size + 2 * kHead);
  } catch (...) {
    log.end = at + kHead;
    throw;
  }
  head_at(log, at).seal.store(size, std::memory_order_release);
  open_batch(log).store(log.end, std::memory_order_relaxed);
  log.end += kHead;
  sync(log, at, sizeof(std::uint64_t));
}

std::optional<std::string> next(const Log& log, Cursor& cursor) {
  // A cursor is a place in the file; which batch it lies in, a walk from the first one tells.
  const std::uint64_t target = cursor.at == 0 ? kFirstRecord + kHead : cursor.at;
  std::uint64_t at = kFirstRecord;
  std::uint64_t size = sealed_at(log, at);
  while (size != 0 && target >= at + kHead + size) {
    at += kHead + size;
    size = sealed_at(log, at);
  }
  if (size == 0) return std::nullopt;
  const std::string bytes = copy_of(log, at + kHead, size);
  if (sum_of(size, bytes) != head_at(log, at).sum.load(std::memory_order_relaxed)) shm::throw_error(EBADMSG, "next");
  const std::uint64_t from = std::max(target, at + kHead) - at - kHead;  // what stood at its end has a head to pass
  std::uint64_t length = 0;
  if (size - from < sizeof length) shm::throw_error(EBADMSG, "next");
  std::memcpy(&length, bytes.data() + from, sizeof length);
  if (length > size - from - sizeof length) shm::throw_error(EBADMSG, "next");
  cursor.at = at + kHead + from + sizeof length + (length + 7) / 8 * 8;
  return bytes.substr(from + sizeof length, length);
}

// ---- Step 6: the one writer ---------------------------------------------------------------------------------------

Log open_to_write(const std::string& path) {
  Log log = open_file(path, O_RDWR, PROT_READ | PROT_WRITE);
  become_the_writer(log, path);
  examine(log, path);
  return log;
}

// ---- Step 7: growing ----------------------------------------------------------------------------------------------

void grow(Log& log, std::size_t more) {
  require_writer(log, "grow");
  if (more > PTRDIFF_MAX / 4) shm::throw_error(EFBIG, "grow");
  const std::size_t added = in_pages(2 * more + kHead);
  if (added > static_cast<std::size_t>(PTRDIFF_MAX) - log.mapping.size()) shm::throw_error(EFBIG, "grow");
  reserve(log.fd, log.mapping.size() + added);
  map_whole(log);
}

bool refresh(Log& log) { return map_whole(log); }

}  // namespace lab
