#pragma once

#include <array>
#include <cstdio>
#include <cstring>
#include <string>

#include "segment.hpp"

namespace lab {

/// What is true of one interface on this machine. "It" is an object or a segment of one page, made for the purpose.
struct Traits {
  bool lies_in_dev_shm;         ///< /proc/self/maps shows its memory as a file below /dev/shm
  bool is_listed_by_ipcs;       ///< /proc/sysvipc/shm, which ipcs -m prints, has a row for it
  bool is_cut_by_the_umask;     ///< made with mode 0666 under umask 022, it has 0644
  int error_of_a_larger_size;   ///< errno when the existing one is to have two pages (ftruncate, shmget); 0: it has
  bool frees_its_name;          ///< removed while it is in use, its name (or key) can be given to a new one at once
  bool can_be_joined_nameless;  ///< removed while it is in use, it can still be attached by its id (POSIX: false)
  bool outlives_its_users;      ///< it is still there when nobody has it any more, unless it was removed
  double microseconds;          ///< to make it, attach or map it, detach or unmap it, and remove it
};

struct Comparison {
  Traits posix;
  Traits sysv;
};

// ---- Step 7 --------------------------------------------------------------------------------------------------------

/// Finds out what is true of either interface here, by trying it.
///
/// Whatever happens, nothing of what it makes is left, and the umask is what it was.
/// @param name   of a POSIX object; nobody uses it
/// @param place  of a SysV segment; nobody uses its key
/// @throws std::system_error what a call failed with that the trial needs
[[nodiscard]] Comparison compare(const std::string& name, const Place& place);

// ---- Given ---------------------------------------------------------------------------------------------------------

/// The table that a Comparison fills, as Markdown.
[[nodiscard]] inline std::string as_markdown(const Comparison& seen) {
  std::string table = "| | POSIX (shm_open, mmap) | System V (shmget, shmat) |\n|---|---|---|\n";
  const auto row = [&table](const char* question, const std::string& posix, const std::string& sysv) {
    table += std::string{"| "} + question + " | " + posix + " | " + sysv + " |\n";
  };
  const auto yes_or_no = [](bool yes) { return std::string{yes ? "yes" : "no"}; };
  const auto how_it_failed = [](int error) { return std::string{error == 0 ? "it has" : ::strerrorname_np(error)}; };
  const auto in_microseconds = [](double time) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f us", time);
    return std::string{text.data()};
  };
  row("named by", "a text", "a number, made of a file's");
  row("shows in /dev/shm", yes_or_no(seen.posix.lies_in_dev_shm), yes_or_no(seen.sysv.lies_in_dev_shm));
  row("shows in ipcs -m", yes_or_no(seen.posix.is_listed_by_ipcs), yes_or_no(seen.sysv.is_listed_by_ipcs));
  row("the umask cuts its mode", yes_or_no(seen.posix.is_cut_by_the_umask), yes_or_no(seen.sysv.is_cut_by_the_umask));
  row("it is to be larger", how_it_failed(seen.posix.error_of_a_larger_size),
      how_it_failed(seen.sysv.error_of_a_larger_size));
  row("removal frees its name", yes_or_no(seen.posix.frees_its_name), yes_or_no(seen.sysv.frees_its_name));
  row("can be joined after that", yes_or_no(seen.posix.can_be_joined_nameless),
      yes_or_no(seen.sysv.can_be_joined_nameless));
  row("outlives its users", yes_or_no(seen.posix.outlives_its_users), yes_or_no(seen.sysv.outlives_its_users));
  row("make, attach, detach, remove", in_microseconds(seen.posix.microseconds),
      in_microseconds(seen.sysv.microseconds));
  return table;
}

}  // namespace lab
