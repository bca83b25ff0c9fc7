#include "testing/probe.hpp"

#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string>

namespace judge {

bool probe_compiles(std::string_view name) {
  char program[4096];
  const auto length = ::readlink("/proc/self/exe", program, sizeof program);
  if (length < 0) throw std::runtime_error{"the suite can't find itself in /proc"};
  std::ifstream answers{std::string(program, static_cast<std::size_t>(length)) + ".probes"};
  std::string probe;
  std::string answer;
  while (answers >> probe >> answer) {
    if (probe == name) return answer == "ok";
  }
  throw std::runtime_error{"no such probe: " + std::string{name}};
}

}  // namespace judge
