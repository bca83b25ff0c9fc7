// A draft under another name, synced, then linked to its own.
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
  const std::uint64_t committed = log.header().committed.load(std::memory_order_acquire);
  if (committed > log.mapping.size()) map_whole(log);  // the writer has made it larger since we asked for its size
  if (committed < kFirstRecord || committed > log.mapping.size()) shm::throw_error(EBADMSG, "open", path);
  Cursor cursor;
  while (next(log, cursor)) {
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
  const std::size_t size = kFirstRecord + in_pages(capacity);
  // link(2) takes no name that is taken; so the log appears whole, and over nobody.
  const std::string draft = path + "." + std::to_string(::getpid()) + ".new";
  Log log;
  log.fd.reset(::open(draft.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666));
  if (!log.fd) shm::throw_error(errno, "open", draft);
  bool is_linked = false;
  try {
    become_the_writer(log, path);
    reserve(log.fd, size);
    log.mapping = shm::Mapping::shared(log.fd.get(), size);
    log.end = kFirstRecord;
    log.header().version = kVersion;
    log.header().committed.store(log.end, std::memory_order_relaxed);
    log.header().magic.store(kMagic, std::memory_order_release);
    if (::fsync(log.fd.get()) != 0) shm::throw_error(errno, "fsync", draft);
    if (::link(draft.c_str(), path.c_str()) != 0) shm::throw_error(errno, "link", path);
    is_linked = true;
    sync_directory_of(path);
  } catch (...) {
    ::unlink(draft.c_str());
    if (is_linked) ::unlink(path.c_str());
    throw;
  }
  ::unlink(draft.c_str());
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
  const std::size_t room = log.mapping.size() - log.end;
  // The size is compared before anything is added to it: a sum could wrap.
  if (record.size() > room || record_bytes(record.size()) > room) shm::throw_error(ENOSPC, "append");
  std::byte* const at = log.mapping.data() + log.end;
  const RecordHead head{.size = record.size(), .sum = checksum(record)};
  std::memcpy(at, &head, sizeof head);
  std::memcpy(at + sizeof head, record.data(), record.size());
  log.end += record_bytes(record.size());
}

// ---- Step 5: committed --------------------------------------------------------------------------------------------

void commit(Log& log) {
  require_writer(log, "commit");
  std::atomic<std::uint64_t>& committed = log.header().committed;
  const std::uint64_t begin = committed.load(std::memory_order_relaxed);
  if (log.end == begin) return;
  try {
    sync(log, begin, log.end - begin);
  } catch (...) {
    log.end = begin;  // the kernel may take these pages for clean now: a second msync would prove nothing
    throw;
  }
  committed.store(log.end, std::memory_order_release);  // the records are on the disk: only now may it say so
  sync(log, 0, sizeof(Header));
}

std::optional<std::string> next(const Log& log, Cursor& cursor) {
  const std::uint64_t begin = cursor.at == 0 ? kFirstRecord : cursor.at;
  const std::uint64_t committed = log.header().committed.load(std::memory_order_acquire);
  const std::uint64_t limit = std::min<std::uint64_t>(committed, log.mapping.size());
  if (begin >= limit) return std::nullopt;
  const std::uint64_t room = limit - begin;
  RecordHead head{};
  if (sizeof head <= room) std::memcpy(&head, log.mapping.data() + begin, sizeof head);
  if (sizeof head > room || head.size > room || record_bytes(head.size) > room) {
    if (limit < committed) return std::nullopt;  // the rest is not mapped here yet
    shm::throw_error(EBADMSG, "next");
  }
  std::string record(head.size, '\0');
  std::memcpy(record.data(), log.mapping.data() + begin + sizeof head, record.size());
  if (checksum(record) != head.sum) shm::throw_error(EBADMSG, "next");
  cursor.at = begin + record_bytes(record.size());
  return record;
}

// ---- Step 6: the one writer ---------------------------------------------------------------------------------------

Log open_to_write(const std::string& path) {
  Log log = open_file(path, O_RDWR, PROT_READ | PROT_WRITE);
  become_the_writer(log, path);
  examine(log, path);
  log.end = log.header().committed.load(std::memory_order_relaxed);  // what lies behind it is written over
  return log;
}

// ---- Step 7: growing ----------------------------------------------------------------------------------------------

void grow(Log& log, std::size_t more) {
  require_writer(log, "grow");
  const std::size_t added = in_pages(more);
  if (added > static_cast<std::size_t>(PTRDIFF_MAX) - log.mapping.size()) shm::throw_error(EFBIG, "grow");
  reserve(log.fd, log.mapping.size() + added);
  map_whole(log);
}

bool refresh(Log& log) { return map_whole(log); }

}  // namespace lab
