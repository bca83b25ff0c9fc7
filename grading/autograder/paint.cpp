#include "paint.hpp"

#include <unistd.h>

#include <cstdlib>

namespace grading {

bool wants_colour() {
  const auto environment = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string{value == nullptr ? "" : value};
  };
  const std::string wish = environment("COLOR");
  if (wish == "always") return true;
  return wish != "never" && environment("NO_COLOR").empty() && ::isatty(STDOUT_FILENO) == 1;
}

}  // namespace grading
