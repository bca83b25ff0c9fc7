#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "mapped.hpp"
#include "shm/mapping.hpp"
#include "shm/unique_fd.hpp"
#include "testing/fresh_name.hpp"
#include "testing/gate.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/rendezvous.hpp"
#include "testing/seed.hpp"
#include "testing/subject.hpp"

/// Shared by the suites of this lab. None of it calls an editable file, so the judge may use all of it.
namespace lab02 {

inline const auto kPage = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));

using judge::gate::Calls;
/// One of these reserves memory.
inline const Calls kReserving = {"posix_fallocate", "fallocate"};
/// One of these maps, or maps again.
inline const Calls kMapping = {"mmap", "mremap"};

/// The bytes as text.
[[nodiscard]] std::string text_of(std::span<const std::byte> bytes);
/// Writes text to the start of these bytes.
void put(std::span<std::byte> bytes, std::string_view text);

/// A file in /dev/shm with random text in it and a descriptor to read and write; gone at the end.
class File {
 public:
  explicit File(std::size_t size);

  [[nodiscard]] int fd() const { return fd_.get(); }
  /// What it was made with.
  [[nodiscard]] const std::string& text() const { return text_; }
  /// What it holds now.
  [[nodiscard]] std::string contents() const;
  [[nodiscard]] std::size_t size() const;
  /// Bytes of memory that it has.
  [[nodiscard]] std::size_t reserved() const;
  /// Another descriptor, e.g. with O_RDONLY.
  [[nodiscard]] shm::UniqueFd open(int flags) const;
  /// Overwrites its bytes from `offset` on, as another process would.
  void write(std::size_t offset, std::string_view text) const;
  /// Sets its size, as another process would.
  void cut(std::size_t size) const;
  /// Maps it by plain calls of the system, as large as it is.
  [[nodiscard]] shm::Mapping map(int flags = MAP_SHARED, int protection = PROT_READ | PROT_WRITE) const;

 private:
  judge::FreshName name_;
  shm::UniqueFd fd_;
  std::string text_;
};

/// Memory of this process alone, mapped by a plain call of the system; filled with this text.
[[nodiscard]] shm::Mapping private_memory(std::string_view text);

/// More bytes than /dev/shm may ever hold.
[[nodiscard]] std::size_t more_than_there_is();

}  // namespace lab02
