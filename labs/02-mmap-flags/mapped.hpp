#pragma once

#include <cstddef>
#include <span>

#include "shm/mapping.hpp"

/// What students write.
namespace lab {

/// Who sees what is written.
enum class Sharing {
  kShared,   ///< everybody who has mapped the same memory, and the file
  kPrivate,  ///< only this process: a page that it writes to becomes its own copy
};

/// What may be done with a page. Anything else is SIGSEGV.
enum class Access { kNone, kRead, kReadWrite };

/// Bytes of a file or of a mapping, counted from its start. A range that is refused is one without a byte, or one that
/// does not lie wholly in its file or mapping; also when `offset` + `length` is more than a size_t can hold.
struct Range {
  std::size_t offset;
  std::size_t length;
};

/// A part of a file, mapped. Moves with its mapping; the bytes stay where they are.
struct Window {
  shm::Mapping mapping;        ///< the pages that hold the bytes
  std::span<std::byte> bytes;  ///< what was asked for, somewhere in these pages
};

// For all functions: whatever is thrown, the file, its mappings and their contents are then as they were before, and
// nothing stays open or mapped. Errors are std::system_error and say which call failed, or which value was wrong. A
// mapping that maps nothing is refused with EINVAL. Pages are as large as sysconf(_SC_PAGESIZE) says.

// ---- Step 1 -------------------------------------------------------------------------------------------------------

/// Maps all of a file, exactly as many bytes as it has. The descriptor stays the caller's, and may be closed.
///
/// Who only reads needs a descriptor that can read, no more. Private pages may be written even when the file may not
/// be. A private page shows what others write to the file until it is first written here.
/// @throws std::system_error EINVAL for an empty file; EACCES when the descriptor does not allow it; EBADF, ENOMEM, ...
/// @see mmap(2), fstat(2)
[[nodiscard]] shm::Mapping map_file(int fd, Sharing sharing, Access access);

// ---- Step 2 -------------------------------------------------------------------------------------------------------

/// Maps `size` bytes of new memory without a name, all zero, to read and write. Across fork(2), shared memory stays one
/// for parent and child; of private memory each has its own.
/// @throws std::system_error EINVAL for no bytes; an errno of the system's for more than there can be (up to SIZE_MAX)
/// @see mmap(2), MAP_ANONYMOUS
[[nodiscard]] shm::Mapping map_anonymous(Sharing sharing, std::size_t size);

// ---- Step 3 -------------------------------------------------------------------------------------------------------

/// Maps any range of a file: it may begin and end at any byte, also beyond 4 GiB. No page is mapped that holds none of
/// its bytes. Otherwise as map_file().
/// @throws std::system_error EINVAL for a range that is refused, i.e. before a byte behind the file's end can be touched;
///         or as map_file()
/// @see mmap(2), sysconf(3)
[[nodiscard]] Window map_window(int fd, Range range, Sharing sharing, Access access);

// ---- Step 4 -------------------------------------------------------------------------------------------------------

/// Makes a file and its mapping larger or smaller. The mapping is a shared one of the whole file, to read and write; it
/// may move. Others may have the file mapped, but nobody else resizes it at the same time.
///
/// What both sizes have in common stays as it was. What is new is zero, whatever somebody has written behind the file's
/// end before, and its memory is reserved: writing there never runs out of space. When the process dies on the way, the
/// file has the old or the new size, and what both have in common; of what is new, not all may be zero then.
/// @throws std::system_error EINVAL for size 0, and for a mapping that is not as large as the file; EPERM when a seal of
///         the file forbids it; ENOSPC, ENOMEM, ...; an errno of the system's for a size that cannot be
/// @see posix_fallocate(3), ftruncate(2), mremap(2), F_ADD_SEALS in fcntl(2)
void resize(int fd, shm::Mapping& mapping, std::size_t new_size);

// ---- Step 5 -------------------------------------------------------------------------------------------------------

/// Says what may be done with each page that holds a byte of the range; other pages stay as they are, and all keep
/// their contents.
/// @param range  begins with a page; its last page is protected whole, wherever in it the range ends
/// @throws std::system_error EINVAL for a range that is refused or that does not begin with a page; EACCES for writing to
///         a shared mapping of a descriptor that could only read
/// @see mprotect(2)
void protect(const shm::Mapping& mapping, Range range, Access access);

// ---- Step 6 -------------------------------------------------------------------------------------------------------

/// Brings every page that holds a byte of the range into memory and into this process's page table, so that its next
/// access does not have to: for kRead the next read, for kReadWrite the next write as well (a private page is this
/// process's own copy from then on). Contents do not change, whatever others write at the same time.
///
/// A kernel that does not know the call for it (EINVAL; Linux before 5.14) is no error: the pages are brought all the
/// same. The mapping must allow the access.
/// @throws std::system_error EINVAL for a range that is refused, and for kNone; what else the system says: a page behind
///         the file's end is an error of EFAULT or ENOMEM, no SIGBUS, where the kernel knows the call
/// @see MADV_POPULATE_READ and MADV_POPULATE_WRITE in madvise(2)
void prefault(const shm::Mapping& mapping, Range range, Access access);

/// Asks for huge pages for the mapping. That is advice: to be refused is no error.
/// @return whether the kernel has taken it
/// @throws std::system_error EINVAL for a mapping of nothing
/// @see MADV_HUGEPAGE in madvise(2)
[[nodiscard]] bool advise_huge(const shm::Mapping& mapping);

// ---- Step 7 -------------------------------------------------------------------------------------------------------

/// Drops the contents of all pages that lie wholly inside the range, and gives their memory back. Bytes outside of the
/// range stay as they are, also those of the file behind the end of a mapping that ends in the middle of a page.
///
/// Of shared memory they are gone for everybody and from the file: it reads zero. Of private memory what this process
/// has written is gone: it reads zero, and a file's pages show the file again.
/// @param sharing  how the mapping was made
/// @return how many bytes were dropped; 0 when no whole page lies in the range
/// @throws std::system_error EINVAL for a range that is refused; EACCES for a shared mapping of a descriptor that
///         could only read
/// @see MADV_DONTNEED and MADV_REMOVE in madvise(2)
std::size_t discard(const shm::Mapping& mapping, Range range, Sharing sharing);

// ---- Step 8 -------------------------------------------------------------------------------------------------------

/// Copies from mapped memory whose file somebody may cut at any time, also during the copy: what would be SIGBUS ends
/// the copy instead.
///
/// Any number of threads may copy at once. A SIGBUS that is not a copy's own, in any thread and at any time, is handled
/// as if this function did not exist: by the handler that the program has installed, before the first copy or between
/// two, with the arguments that it asks for (SA_SIGINFO: all three; no test looks at its mask and its other flags); or,
/// if there is none, it ends the process, or is ignored when it was sent and SIG_IGN says so. (Nobody changes the
/// handler *while* a copy runs.) The signal mask stays as it is; the caller has not blocked SIGBUS.
/// @param to    at least as large as `from`, memory that is sure to be there; behind what was copied, its contents are
///              unspecified
/// @param from  mapped to be read
/// @return how many bytes were copied, from the first on: all, or those before the first page that is gone
/// @throws std::system_error EINVAL for a `to` that is smaller than `from`
/// @see sigaction(2), sigsetjmp(3), or process_vm_readv(2)
[[nodiscard]] std::size_t copy_guarded(std::span<std::byte> to, std::span<const std::byte> from);

}  // namespace lab
