#include "testing/fresh_name.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "testing/seed.hpp"

namespace judge {

const std::string& fresh_name_prefix() {
  // The start-up pid, not getpid(): a subject is another process but belongs to the same judge.
  static const std::string prefix = "lab-" + std::to_string(::getpid()) + "-";
  return prefix;
}

FreshName::FreshName() : name_{"/" + fresh_name_prefix()} {
  static int count = 0;
  name_ += std::to_string(++count) + "-";
  const auto length = random_between(1, 40);
  for (std::uint64_t i = 0; i < length; ++i) name_ += static_cast<char>('a' + random_between(0, 25));
}

FreshName::~FreshName() { ::shm_unlink(name_.c_str()); }

bool FreshName::exists() const {
  struct stat status {};
  return ::lstat(("/dev/shm" + name_).c_str(), &status) == 0;
}

}  // namespace judge
