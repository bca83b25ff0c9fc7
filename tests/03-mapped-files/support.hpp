#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "log_file.hpp"
#include "shm/unique_fd.hpp"
#include "testing/fresh_name.hpp"
#include "testing/gate.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/seed.hpp"
#include "testing/subject.hpp"

/// Shared by the suites of this lab.
namespace lab03 {

using judge::gate::Calls;

/// One of these opens a file.
inline const Calls kOpening = {"open", "openat"};
/// One of these reserves room.
inline const Calls kReserving = {"posix_fallocate", "fallocate"};
/// One of these maps a file, or maps it again.
inline const Calls kMapping = {"mmap", "mremap"};
/// One of these makes something durable.
inline const Calls kSyncing = {"msync", "fsync", "fdatasync"};

// ---- Files, as the judge sees them. None of it calls an editable file. --------------------------------------------

/// Where the file of this name lies; it goes with the name.
[[nodiscard]] std::string path_of(const judge::FreshName& name);
/// Makes a file of these bytes, or puts them in place of what it holds.
void put(const judge::FreshName& name, std::string_view bytes);
/// All that the file holds; nothing when there is none.
[[nodiscard]] std::string bytes_of(const judge::FreshName& name);
/// What the file system says about it; all zero when there is none.
[[nodiscard]] struct stat facts_of(const judge::FreshName& name);
/// Bytes of the file that have room of their own.
[[nodiscard]] std::size_t reserved_bytes(const judge::FreshName& name);
/// More bytes than the file system may ever hold.
[[nodiscard]] std::size_t more_than_there_is();
/// Maps a file that exists, as large as it is: no log, only a mapping.
[[nodiscard]] lab::Log map_raw(const judge::FreshName& name);

// ---- Records ------------------------------------------------------------------------------------------------------

using Records = std::vector<std::string>;

/// Some records of random sizes up to `most` bytes.
[[nodiscard]] Records random_records(std::size_t count, std::size_t most);
/// As one text, for what subjects return: "|first|second".
[[nodiscard]] std::string joined(const Records& records);

// ---- In subjects only: these call the student's code --------------------------------------------------------------

/// Writes these records, in one batch.
void write_batch(lab::Log& log, const Records& records);
/// Makes a log with these records in it, all committed, in the calling process.
void make_log(const judge::FreshName& name, std::size_t capacity, const Records& records);
/// The records that there are from the cursor on, joined.
[[nodiscard]] std::string rest_of(const lab::Log& log, lab::Cursor& cursor);
/// All records that another reader finds, joined.
[[nodiscard]] std::string contents(const judge::FreshName& name);

}  // namespace lab03
