#include "testing/seed.hpp"

#include <cstdlib>

namespace judge {
namespace {

std::uint64_t choose_seed() {
  if (const char* given = std::getenv("SEED"); given != nullptr && *given != '\0') {
    return std::strtoull(given, nullptr, 10);
  }
  // Short enough to be typed.
  return std::random_device{}() % 1'000'000;
}

}  // namespace

std::uint64_t seed() {
  static const std::uint64_t value = choose_seed();
  return value;
}

std::mt19937_64& random() {
  static std::mt19937_64 generator{seed()};
  return generator;
}

std::uint64_t random_between(std::uint64_t low, std::uint64_t high) {
  return std::uniform_int_distribution<std::uint64_t>{low, high}(random());
}

std::string random_text(std::size_t size) {
  std::string text(size, '\0');
  for (char& byte : text) byte = static_cast<char>(random_between('!', 'z'));
  return text;
}

void detail::start_random_numbers_for(std::string_view test) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a: std::hash may differ from one library to the next
  for (const char c : test) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  random().seed(seed() ^ hash);
}

}  // namespace judge
