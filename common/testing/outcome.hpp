#pragma once

#include <optional>
#include <string>
#include <vector>

/// What tests are made of. The judge is the process that asserts; student code runs only in its subjects.
namespace judge {

/// How a subject ended, the gravest finding first: a value that came with a race is a sanitizer finding, not a value.
enum class Kind {
  kNotStarted,  ///< a step threw shm::NotImplemented, wherever it was thrown or caught
  kSanitizer,   ///< ThreadSanitizer, AddressSanitizer, UBSan or memcheck found something
  kTimedOut,    ///< its deadline passed; see `stacks`
  kSignal,      ///< killed by `signal`; see `stacks`
  kExited,      ///< left through exit or _exit with `exit_code`, before its lambda had returned
  kDamaged,     ///< ended without a result that can be trusted: the memory that holds it was written over
  kLeaked,      ///< its lambda returned (or threw), but file descriptors, mappings, segments or processes remained; see
                ///< `leaks`
  kThrew,       ///< an exception left the lambda; see `exception_type`, `error`, `what`
  kReturned,    ///< the lambda returned
};

/// What the judge knows about a subject that has ended, apart from its value.
struct Ending {
  Kind kind = Kind::kDamaged;
  std::string step;  ///< of NotImplemented
  int signal = 0;
  int exit_code = 0;
  std::string exception_type;  ///< demangled, e.g. "std::system_error"
  std::string what;
  int error = 0;  ///< errno value of a std::system_error, else 0
  std::vector<std::string> leaks;
  std::string stacks;   ///< where each thread and child process stood, innermost call first
  std::string finding;  ///< the sanitizer's whole report
  std::string output;   ///< what it printed, cut to 16 KiB

  /// One sentence that a student can act on, e.g. "was killed by SIGBUS: touched a page ... (at shm_object.cpp:42)".
  [[nodiscard]] std::string sentence() const;
};

/// How a subject ended and, when its lambda returned, the value that it returned.
template <typename T>
struct Outcome : Ending {
  std::optional<T> value;
};

}  // namespace judge
