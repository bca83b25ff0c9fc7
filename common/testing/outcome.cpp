#include "testing/outcome.hpp"

#include <signal.h>

#include <cstring>

#include "testing/matchers.hpp"

namespace judge {
namespace {

// What a signal means where memory is shared.
const char* meaning_of(int signal) {
  switch (signal) {
    case SIGBUS:
      return "it touched a page of a mapping that the object behind it doesn't reach, or can't get memory for";
    case SIGSEGV:
      return "it touched an address where nothing is mapped, or wrote where it may only read";
    case SIGABRT:
      return "std::terminate or abort: an exception that nobody caught, or one that left a noexcept function or a "
             "thread";
    case SIGFPE:
      return "an integer division by zero";
    case SIGILL:
      return "an illegal instruction: often a function that ends without its return";
    case SIGKILL:
      return "somebody killed it";
    default:
      return nullptr;
  }
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

std::string describe_errno(int error) {
  if (error == 0) return "no error";
  const char* name = ::strerrorname_np(error);
  const char* text = ::strerrordesc_np(error);
  if (name == nullptr || text == nullptr) return "error " + std::to_string(error);
  return std::string{name} + " (" + text + ")";
}

std::string describe_signal(int signal) {
  const char* name = ::sigabbrev_np(signal);
  std::string text = name == nullptr ? "signal " + std::to_string(signal) : std::string{"SIG"} + name;
  if (const char* meaning = meaning_of(signal)) text += std::string{": "} + meaning;
  return text;
}

std::string Ending::sentence() const {
  switch (kind) {
    case Kind::kNotStarted:
      return "not started: " + step;
    case Kind::kSanitizer:
      return finding.empty() ? "a checker found a fault and ended it, but its report was lost"
                             : "a checker found a fault";
    case Kind::kTimedOut:
      return what.empty() ? "it did not end in time" : "it was ended, for it " + what;
    case Kind::kSignal: {
      std::string text = "it was killed by " + describe_signal(signal);
      if (!stacks.empty()) text += "; it was in" + first_line(stacks.substr(1));
      return text;
    }
    case Kind::kExited:
      return "it left through exit with status " + std::to_string(exit_code) + " instead of returning";
    case Kind::kDamaged:
      return "it wrote over memory that isn't its own: its result can't be trusted";
    case Kind::kLeaked: {
      std::string text = "it left something behind";
      for (const auto& leak : leaks) text += "; " + leak;
      return text;
    }
    case Kind::kThrew:
      if (error != 0) return "it threw " + exception_type + " with " + describe_errno(error) + ": " + what;
      return "it threw " + exception_type + (what.empty() ? "" : ": " + what);
    case Kind::kReturned:
      return "it returned";
  }
  return "?";
}

}  // namespace judge
